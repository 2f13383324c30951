//! The doctor's look at the machine: its disk, its memory, its port, its clock.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use catalog::storage::Heard;
use catalog::{Error, ErrorKind, Result};
use chrono::{DateTime, Utc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::config::Config;

/// S3 refuses requests whose clock is 15 minutes off, other services of AWS from 5 minutes on.
const LARGEST_SKEW: i64 = 5 * 60;
/// A server on our port says who it is within this.
const ANSWERS: Duration = Duration::from_secs(2);

/// A file can be made and removed there.
pub(super) fn writable(data: &Path) -> Result<String> {
    let wrong = |error: std::io::Error| {
        Error::invalid(format!("{} cannot be written: {error}; choose another with --data DIR", data.display()))
    };
    std::fs::create_dir_all(data).map_err(wrong)?;
    let probe = data.join(format!(".doctor.{}", std::process::id()));
    std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)).map_err(wrong)?;
    Ok(data.display().to_string())
}

pub(super) fn memory(config: &Config) -> String {
    match config.memory.value {
        Some(bytes) => format!("{bytes} for queries ({})", config.memory.origin),
        None => format!("{} MiB for queries, of the machine or the container", engine::default_memory_limit() >> 20),
    }
}

/// `civetta serve` could listen there, or listens already.
///
/// Errors: `Unavailable` when another program does, or when it is not allowed.
pub(super) async fn port(config: &Config) -> Result<String> {
    let listen = config.listen.value;
    let error = match TcpListener::bind(listen).await {
        Ok(_) => return Ok(format!("{listen} is free for `civetta serve`")),
        Err(error) => error,
    };
    if error.kind() == std::io::ErrorKind::AddrInUse && is_served(listen).await {
        return Ok(format!("a server answers on {listen}"));
    }
    let message =
        format!("cannot listen on {listen}: {error}; choose another with `civetta serve --listen`, or listen in civetta.toml");
    Err(Error::new(ErrorKind::Unavailable, message).caused_by(error))
}

/// Whether one of us answers there.
async fn is_served(listen: SocketAddr) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(listen).await?;
        stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    matches!(tokio::time::timeout(ANSWERS, asked).await, Ok(Ok(answer)) if answer.starts_with("HTTP/1.1 200"))
}

/// Our clock against that of the S3.
///
/// Errors: `Unavailable` when they are too far apart.
pub(super) fn clock(heard: Option<&Heard>) -> Result<String> {
    let Some(heard) = heard else { return Ok("nothing to hold it against: the lake is embedded".to_owned()) };
    match heard.time {
        Some(theirs) => skew(&heard.url, theirs, Utc::now()),
        None => Ok(format!("{} does not say what time it is there", heard.url)),
    }
}

fn skew(url: &str, theirs: DateTime<Utc>, ours: DateTime<Utc>) -> Result<String> {
    let seconds = (ours - theirs).num_seconds();
    let way = if seconds < 0 { "behind" } else { "ahead of" };
    let text = format!("{} s {way} that of {url}", seconds.abs());
    match seconds.abs() > LARGEST_SKEW {
        true => Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "this machine's clock is {text}, so that signatures are refused; set it, such as with `timedatectl set-ntp true`"
            ),
        )),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_too_far_off_is_told_with_what_to_do() {
        let now = Utc::now();
        let at = |seconds| skew("http://s3", now + chrono::Duration::seconds(seconds), now);
        assert_eq!(at(0).unwrap(), "0 s ahead of that of http://s3");
        assert_eq!(at(300).unwrap(), "300 s behind that of http://s3");
        let early = at(301).unwrap_err();
        assert!(early.message().contains("301 s behind") && early.message().contains("timedatectl"), "{early}");
        assert!(at(-301).unwrap_err().message().contains("301 s ahead of"));
        assert!(clock(None).is_ok());
    }
}
