//! STS: forms in, XML out. There is one account and there are no roles: whoever takes one keeps the rights of the key that asks.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chrono::{Duration, SecondsFormat, Utc};
use uuid::Uuid;

use crate::aws::{ACCOUNT, Caller};
use crate::serve::Shared;

/// Seconds that a session lasts where nobody says, and the bounds of what may be said ("AssumeRole", DurationSeconds).
const LASTS: i64 = 3600;
const BOUNDS: std::ops::RangeInclusive<i64> = 900..=129_600;

/// A refusal by name.
type Refusal = (&'static str, String);

/// Answers one form. Errors: `InvalidAction`, as STS calls an action that is not there; `ValidationError`.
pub(crate) async fn call(_: &Shared, caller: &Caller, form: Vec<(String, String)>) -> Response {
    let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty());
    let action = get("Action").unwrap_or_default();
    let outcome = match action {
        "GetCallerIdentity" => Ok(identity()),
        "AssumeRole" => assume(get("RoleArn"), get("RoleSessionName"), get("DurationSeconds")),
        "GetSessionToken" => credentials(get("DurationSeconds")),
        _ => Err(("InvalidAction", format!("Could not find operation {action} for version 2011-06-15"))),
    };
    let id = caller.request_id;
    let (status, body) = match outcome {
        Ok(result) => (
            StatusCode::OK,
            format!(
                "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{result}</{action}Result>\
                 <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
            ),
        ),
        Err((code, message)) => (
            StatusCode::BAD_REQUEST,
            format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
                escaped(&message)
            ),
        ),
    };
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

fn identity() -> String {
    format!("<Arn>arn:aws:iam::{ACCOUNT}:root</Arn><UserId>{ACCOUNT}</UserId><Account>{ACCOUNT}</Account>")
}

fn assume(role: Option<&str>, session: Option<&str>, duration: Option<&str>) -> Result<String, Refusal> {
    let missing = |member: &str| {
        (
            "ValidationError",
            format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ),
        )
    };
    let role = role.ok_or_else(|| missing("roleArn"))?;
    let session = escaped(session.ok_or_else(|| missing("roleSessionName"))?);
    let name = escaped(role.rsplit('/').next().unwrap_or_default());
    let user = format!(
        "<AssumedRoleUser><AssumedRoleId>AROA{ACCOUNT}:{session}</AssumedRoleId>\
         <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}</Arn></AssumedRoleUser>"
    );
    Ok(credentials(duration)? + &user)
}

/// Credentials of a session. The server has no keys yet and takes any, so these are as good as others.
fn credentials(duration: Option<&str>) -> Result<String, Refusal> {
    let seconds = duration.map_or(Ok(LASTS), str::parse::<i64>).ok().filter(|seconds| BOUNDS.contains(seconds));
    let seconds = seconds.ok_or_else(|| ("ValidationError", "DurationSeconds is from 900 to 129600".to_owned()))?;
    let expires = (Utc::now() + Duration::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let random = || STANDARD_NO_PAD.encode(Uuid::new_v4().as_bytes());
    let key = Uuid::new_v4().simple().to_string().to_uppercase();
    Ok(format!(
        "<Credentials><AccessKeyId>ASIA{}</AccessKeyId><SecretAccessKey>{}{}</SecretAccessKey><SessionToken>{}{}</SessionToken>\
         <Expiration>{expires}</Expiration></Credentials>",
        &key[..16],
        random(),
        random(),
        random(),
        random()
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
