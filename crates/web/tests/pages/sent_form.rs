//! What a browser sends of the policy's form, and of the question before it is put into force.

use crate::fixture::Page;

/// The fields of the form or of the question that a page has, as a browser sends them.
pub fn fields_of(page: &Page) -> Vec<(String, String)> {
    let (_, form) = page
        .text
        .split_once("action=\"/settings/policy")
        .unwrap_or_else(|| panic!("no form: {}", page.text));
    let (form, _) = form.split_once("</form>").unwrap();
    let mut fields = Vec::new();
    let mut is_checkbox = false;
    for part in form.split(" name=\"") {
        let is_choice = std::mem::replace(&mut is_checkbox, part.ends_with("type=\"checkbox\""));
        let Some((name, rest)) = part.split_once('"').filter(|_| !part.starts_with("/apply"))
        else {
            continue;
        };
        let Some((tag, rest)) = rest.split_once('>') else {
            continue;
        };
        if name == "act" || name.contains('>') || (is_choice && !tag.contains("checked")) {
            continue;
        }
        let value = if let Some((_, value)) = tag.split_once("value=\"") {
            value.split('"').next().unwrap()
        } else if rest.starts_with("\n<option") {
            let (options, _) = rest.split_once("</select>").unwrap();
            let mut options = options.split("<option value=\"");
            let chosen = options.find(|option| option.contains("\" selected>"));
            chosen.map_or("", |option| option.split('"').next().unwrap())
        } else if let Some((text, _)) = rest.split_once("</textarea>") {
            text.trim_start_matches('\n')
        } else {
            ""
        };
        fields.push((name.to_owned(), unescaped(value)));
    }
    fields
}

pub fn unescaped(value: &str) -> String {
    let value = value.replace("&#60;", "<").replace("&#62;", ">");
    value.replace("&#34;", "\"").replace("&#38;", "&")
}

/// The same fields with other values.
pub fn with<'a>(
    fields: &'a [(String, String)],
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let kept = fields.iter().filter(|(name, _)| !is_changed(name));
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    kept.chain(changes.iter().copied()).collect()
}

/// What is in a page's fields, sorted.
pub fn shown(page: &Page) -> Vec<(String, String)> {
    let fields = fields_of(page);
    sent(&with(&fields, &[]))
}

/// What is sent, without empty fields and the version, sorted.
pub fn sent(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let typed = fields
        .iter()
        .filter(|(name, value)| !value.is_empty() && *name != "Version");
    let typed = typed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut typed: Vec<_> = typed.collect();
    typed.sort();
    typed
}
