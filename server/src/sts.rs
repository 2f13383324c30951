//! STS: forms in, XML out. There is one account and there are no roles: whoever takes one keeps the rights of the key that asks. What
//! would narrow them is refused.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{Duration, SecondsFormat, Utc};
use quick_xml::escape::escape;
use uuid::Uuid;

use crate::aws::{ACCOUNT, Caller};
use crate::keys::{Holder, Session};
use crate::serve::Shared;

/// Seconds that a session lasts where nobody says, and the bounds of what may be said ("AssumeRole", DurationSeconds).
const LASTS: i64 = 3600;
const BOUNDS: std::ops::RangeInclusive<i64> = 900..=129_600;

/// A refusal by name.
type Refusal = (&'static str, String);

/// The name of an action that there is, for the log and the counters.
pub(crate) fn name(action: &str) -> Option<&'static str> {
    match action {
        "GetCallerIdentity" => Some("sts.GetCallerIdentity"),
        "AssumeRole" => Some("sts.AssumeRole"),
        "GetSessionToken" => Some("sts.GetSessionToken"),
        _ => None,
    }
}

/// Answers one form. Errors: `InvalidAction`, as STS calls an action that is not there; `ValidationError`.
pub(crate) async fn call(_: &Shared, caller: &Caller, form: Vec<(String, String)>) -> Response {
    let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty());
    let action = get("Action").unwrap_or_default();
    let outcome = match action {
        "GetCallerIdentity" => Ok(identity(caller)),
        "AssumeRole" => {
            narrowing(&form).and_then(|()| assume(caller, get("RoleArn"), get("RoleSessionName"), get("DurationSeconds")))
        }
        "GetSessionToken" => credentials(caller, "root", get("DurationSeconds")),
        _ => Err(("InvalidAction", format!("Could not find operation {action} for version 2011-06-15"))),
    };
    let id = caller.request_id;
    let result = match outcome {
        Ok(result) => result,
        Err((code, message)) => return refuse(id, (StatusCode::BAD_REQUEST, code, message)),
    };
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    );
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// The error of this status, code and message.
pub(crate) fn refuse(id: Uuid, (status, code, message): (StatusCode, &str, String)) -> Response {
    let whose = if status.is_server_error() { "Receiver" } else { "Sender" };
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{whose}</Type><Code>{code}</Code>\
         <Message>{}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
        escape(&message)
    );
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// Without keys everybody is the account's root; a key is a user of its name.
fn identity(caller: &Caller) -> String {
    let (arn, user) = match &caller.holder {
        None => (format!("arn:aws:iam::{ACCOUNT}:root"), ACCOUNT.to_owned()),
        Some(Holder { key, session: Some(session), .. }) => {
            let name = session.rsplit('/').next().unwrap_or_default();
            (format!("arn:aws:sts::{ACCOUNT}:assumed-role/{session}"), format!("{}:{name}", key.id))
        }
        Some(Holder { key, session: None, .. }) => {
            (format!("arn:aws:iam::{ACCOUNT}:user/{}", key.name.as_ref().unwrap_or(&key.id)), key.id.clone())
        }
    };
    format!("<Arn>{}</Arn><UserId>{}</UserId><Account>{ACCOUNT}</Account>", escape(&arn), escape(&user))
}

/// Errors: `ValidationError` for policies of a session, which would give it less than its key has.
fn narrowing(form: &[(String, String)]) -> Result<(), Refusal> {
    match form.iter().find(|(name, value)| (name == "Policy" || name.starts_with("PolicyArns")) && !value.is_empty()) {
        Some((name, _)) => {
            Err(("ValidationError", format!("{name} of AssumeRole is not supported by Civetta; limit the access key")))
        }
        None => Ok(()),
    }
}

fn assume(caller: &Caller, role: Option<&str>, session: Option<&str>, duration: Option<&str>) -> Result<String, Refusal> {
    let missing = |member: &str| {
        (
            "ValidationError",
            format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ),
        )
    };
    let role = role.ok_or_else(|| missing("roleArn"))?;
    let session = session.ok_or_else(|| missing("roleSessionName"))?;
    let name = role.rsplit('/').next().unwrap_or_default();
    let credentials = credentials(caller, &format!("{name}/{session}"), duration)?;
    let (name, session) = (escape(name), escape(session));
    let user = format!(
        "<AssumedRoleUser><AssumedRoleId>AROA{ACCOUNT}:{session}</AssumedRoleId>\
         <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}</Arn></AssumedRoleUser>"
    );
    Ok(credentials + &user)
}

/// Credentials of a session of this name, `ROLE/SESSION`. While there are no keys any are as good as others.
fn credentials(caller: &Caller, name: &str, duration: Option<&str>) -> Result<String, Refusal> {
    let seconds = duration.map_or(Ok(LASTS), str::parse::<i64>).ok().filter(|seconds| BOUNDS.contains(seconds));
    let seconds = seconds.ok_or_else(|| ("ValidationError", "DurationSeconds is from 900 to 129600".to_owned()))?;
    let expires = Utc::now() + Duration::seconds(seconds);
    let random = || Uuid::new_v4().simple().to_string();
    let id = format!("ASIA{}", &random().to_uppercase()[..16]);
    let Session { id, secret, token } = match &caller.holder {
        Some(holder) => Session::new(&holder.key, id, name.to_owned(), expires),
        None => Session { id, secret: random(), token: random() },
    };
    let expires = expires.to_rfc3339_opts(SecondsFormat::Secs, true);
    Ok(format!(
        "<Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>\
         <Expiration>{expires}</Expiration></Credentials>"
    ))
}
