//! Adds examples to the document.

use serde_json::{Value, json};

use crate::example::{ACCOUNT_ID, AUDIENCE, IDEMPOTENCY_KEY, TOKEN_ID};
use crate::operation::Header;
use crate::operations;

/// Gives each operation examples of its parameters, its body and its success.
pub fn add(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for described in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
    {
        let is_of_account = described["tags"][0] == "ServiceAccount";
        let id = described["operationId"].as_str().unwrap_or_default();
        let Some(operation) = operations::with_id(id) else {
            continue;
        };
        if let Some(like) = (operation.like)() {
            // The page `/docs` needs it to describe operations once that differ only in the path.
            described["x-like"] = json!(like);
        }
        if let Some(body) = (operation.body)() {
            described["requestBody"]["content"]["application/json"]["example"] = body.example;
        }
        let responses = described["responses"].as_object_mut();
        let success = responses
            .into_iter()
            .flatten()
            .find(|(status, _)| status.starts_with('2'));
        if let Some((_, response)) = success {
            response["content"]["application/json"]["example"] = envelope(&(operation.example)());
            headers(response, operation.headers);
        }
        let parameters = described.get_mut("parameters");
        for parameter in parameters
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(example) = parameter["name"]
                .as_str()
                .and_then(|name| value(name, is_of_account))
            {
                parameter["example"] = example;
            }
        }
    }
}

fn envelope(data: &Value) -> Value {
    json!({
        "Data": data,
        "ErrorMessage": "",
        "ErrorParameters": null,
        "ResponseCode": 1,
        "GetErrorParameters": "",
    })
}

/// An example of a parameter's value.
fn value(name: &str, is_of_account: bool) -> Option<Value> {
    Some(match name {
        "Audience" => json!([AUDIENCE]),
        "Id" if is_of_account => json!(ACCOUNT_ID),
        "Id" | "TokenId" => json!(TOKEN_ID),
        "Idempotency-Key" => json!(IDEMPOTENCY_KEY),
        "Search" => json!("nightly"),
        "Status" => json!("Active"),
        "Sort" => json!("-CreatedAt"),
        _ => return None,
    })
}

fn headers(response: &mut Value, headers: &[Header]) {
    for header in headers {
        response["headers"][header.name]["example"] = json!(header.example);
    }
}
