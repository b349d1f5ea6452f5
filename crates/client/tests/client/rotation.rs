//! A token in a file, and its replacement by the next one.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use ats_pat_client::{Builder, Client, Error, PersonalAccessToken};

use crate::service::{Answer, SECRET, Service};

/// Another one than [`SECRET`].
static NEXT: LazyLock<String> = LazyLock::new(|| {
    PersonalAccessToken::from_random(&[7; 32])
        .expose()
        .to_owned()
});
const HOUR: Duration = Duration::from_hours(1);

/// A folder with a token in a file.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = format!("ats-pat-rotation-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(path);
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        folder.write("token", SECRET);
        folder
    }

    fn write(&self, file: &str, token: &str) {
        fs::write(self.0.join(file), format!("{token}\n")).unwrap();
    }

    /// The tokens in the file and in the file beside it.
    fn tokens(&self) -> (String, Option<String>) {
        let read = |file: &str| fs::read_to_string(self.0.join(file)).ok();
        let token = read("token").unwrap().trim_end().to_owned();
        (
            token,
            read("token.next").map(|next| next.trim_end().to_owned()),
        )
    }

    fn builder(&self, service: &Service) -> Builder {
        Client::builder_of_file(&service.url, self.0.join("token"))
            .give_up_after(Duration::from_millis(300))
    }

    fn client(&self, service: &Service) -> Client {
        self.builder(service).build().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn next() -> Answer {
    let data = format!(
        r#"{{"Data":{{"Id":"x","Secret":"{}"}},"ErrorMessage":"","ResponseCode":1}}"#,
        *NEXT
    );
    Answer::http(200, "", &data)
}

fn invalid() -> Answer {
    Answer::refusal(401, 1201, "No such personal access token.")
}

/// The token that each request used, in order, and whether the request was a POST.
fn shown(service: &Service) -> Vec<(&'static str, bool)> {
    let shown = |head: &String| {
        let token = if head.contains(NEXT.as_str()) {
            "next"
        } else {
            "first"
        };
        (token, head.starts_with("POST"))
    };
    let requests = service.requests();
    requests
        .iter()
        .map(|request| shown(&request.head))
        .collect()
}

#[tokio::test]
async fn a_token_is_replaced_once_the_next_one_was_exchanged() {
    let folder = Folder::new("replaced");
    let service = Service::start([next(), Answer::token("new", 300)]).await;
    let client = folder.client(&service);
    assert_eq!(client.rotate().await.unwrap().expose(), "new");
    assert_eq!(folder.tokens(), (NEXT.clone(), None));
    assert_eq!(shown(&service), [("first", true), ("next", false)]);
    assert_eq!(client.bearer().await.unwrap().expose(), "new");
    assert_eq!(service.requests().len(), 2, "it is at hand");
}

#[tokio::test]
async fn a_run_that_was_interrupted_is_brought_to_its_end() {
    let folder = Folder::new("interrupted");
    // It may have been confirmed, or not.
    folder.write("token.next", &NEXT);
    let service = Service::start([Answer::token("new", 300)]).await;
    assert_eq!(
        folder.client(&service).bearer().await.unwrap().expose(),
        "new"
    );
    assert_eq!(folder.tokens(), (NEXT.clone(), None));
    assert_eq!(shown(&service), [("next", false)]);
}

#[tokio::test]
async fn a_next_token_that_is_void_is_forgotten() {
    let folder = Folder::new("void");
    folder.write("token.next", &NEXT);
    let service = Service::start([invalid(), Answer::token("old", 300)]).await;
    assert_eq!(
        folder.client(&service).bearer().await.unwrap().expose(),
        "old"
    );
    assert_eq!(folder.tokens(), (SECRET.to_owned(), None));
}

#[tokio::test]
async fn while_nobody_knows_whether_it_was_confirmed_both_are_kept() {
    for silent in [
        Answer::Hang,
        Answer::Raw(String::new()),
        Answer::refusal(503, 1503, "Try again."),
        Answer::refusal(401, 1205, "The owner is disabled."),
    ] {
        let folder = Folder::new("unknown");
        let service = Service::start([next(), silent]).await;
        let client = folder.client(&service);
        client.rotate().await.unwrap_err();
        assert_eq!(folder.tokens(), (SECRET.to_owned(), Some(NEXT.clone())));
        service.answer(Answer::token("new", 300));
        let again = folder.client(&service);
        assert_eq!(again.rotate().await.unwrap().expose(), "new");
        assert_eq!(folder.tokens(), (NEXT.clone(), None));
    }
}

#[tokio::test]
async fn a_lost_answer_changes_nothing_here() {
    let folder = Folder::new("lost");
    let service = Service::start([Answer::Hang]).await;
    let error = folder.client(&service).rotate().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert_eq!(folder.tokens(), (SECRET.to_owned(), None));
}

#[tokio::test]
async fn a_token_that_may_not_is_used_on() {
    let folder = Folder::new("fixed");
    let refused = Answer::refusal(403, 1208, "It may not.");
    let answers = [Answer::token("a", 0), refused, Answer::token("b", 0)];
    let service = Service::start(answers).await;
    // The tokens of the service expire a day after the others.
    let client = folder.builder(&service).rotate_before(HOUR * 48);
    let client = client.build().unwrap();
    assert_eq!(client.bearer().await.unwrap().expose(), "a");
    assert_eq!(client.bearer().await.unwrap().expose(), "b");
    // It was asked once.
    assert_eq!(
        shown(&service),
        [("first", false), ("first", true), ("first", false)]
    );
    service.answer(Answer::refusal(403, 1208, "It may not."));
    let error = client.rotate().await.unwrap_err();
    assert!(
        matches!(error, Error::SelfRegenerateNotAllowed(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_token_is_replaced_by_itself_when_its_expiry_comes_near() {
    for (before, tokens) in [(HOUR, (SECRET, "old")), (HOUR * 48, (NEXT.as_str(), "new"))] {
        let folder = Folder::new("near");
        let answers = [Answer::token("old", 300), next(), Answer::token("new", 300)];
        let service = Service::start(answers).await;
        let client = folder.builder(&service).rotate_before(before);
        let bearer = client.build().unwrap().bearer().await.unwrap();
        assert_eq!((folder.tokens().0.as_str(), bearer.expose()), tokens);
    }
}

#[tokio::test]
async fn what_another_program_replaced_is_read_again() {
    let folder = Folder::new("another");
    let service = Service::start([invalid(), Answer::token("new", 300)]).await;
    let client = folder.client(&service);
    folder.write("token", &NEXT);
    assert_eq!(client.bearer().await.unwrap().expose(), "new");
    assert_eq!(shown(&service), [("first", false), ("next", false)]);
}

#[tokio::test]
async fn a_token_that_another_program_just_confirmed_is_used() {
    let folder = Folder::new("just");
    let service = Service::start([Answer::Hang]).await;
    let other = folder.client(&service);
    let client = folder.client(&service);
    // The other client has the turn, and its next token is beside the file.
    let rotating = tokio::spawn(async move { other.rotate().await });
    service.saw(1).await;
    folder.write("token.next", &NEXT);
    service.answers([invalid(), Answer::token("new", 300)]);
    assert_eq!(client.bearer().await.unwrap().expose(), "new");
    assert_eq!(folder.tokens(), (SECRET.to_owned(), Some(NEXT.clone())));
    rotating.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_token_in_a_folder_that_can_t_be_written_is_exchanged_but_not_replaced() {
    let folder = Folder::new("read-only");
    // No file of this name can be made.
    fs::create_dir(folder.0.join("token.lock")).unwrap();
    let service = Service::start([Answer::token("old", 300)]).await;
    let client = folder.builder(&service).rotate_before(HOUR * 48);
    let client = client.build().unwrap();
    assert_eq!(client.bearer().await.unwrap().expose(), "old");
    let error = client.rotate().await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error:?}");
}

#[tokio::test]
async fn two_programs_do_not_replace_it_at_once() {
    let folder = Folder::new("once");
    let service = Service::start([Answer::Hang]).await;
    let first = folder.client(&service);
    let rotating = tokio::spawn(async move { first.rotate().await });
    service.saw(1).await;
    let error = folder.client(&service).rotate().await.unwrap_err();
    assert!(matches!(error, Error::FileInUse), "{error:?}");
    rotating.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_client_without_a_file_has_no_place_for_the_next_token() {
    let service = Service::start([next()]).await;
    let error = service.client().rotate().await.unwrap_err();
    assert!(matches!(error, Error::NoFile), "{error:?}");
    assert!(service.requests().is_empty());
}

#[tokio::test]
async fn a_file_without_a_token_is_named() {
    let service = Service::start([next()]).await;
    let missing = Client::builder_of_file(&service.url, "nowhere/token").build();
    let error = missing.unwrap_err();
    assert!(error.to_string().starts_with("nowhere/token can't be used"));
}
