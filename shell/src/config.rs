//! The configuration: the flags, the environment and `civetta.toml`, in this order of precedence, read once and here only.
//! Every value remembers where it came from, which is what `civetta config` prints and what errors name.

mod value;

use std::fmt::Display;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use catalog::{Error, Result};
use serde::Deserialize;

pub(crate) use value::{Bytes, CatalogChoice, Network, PublicUrl, S3Choice, Timeout, TlsChoice};

/// Queries of a server that run at once.
const CONCURRENCY: u32 = 20;
/// Athena's own.
const HISTORY: Timeout = Timeout(Duration::from_secs(45 * 86_400));
/// Clients poll again after 0.25 to 1 s: what takes less than this is answered by their first poll.
const POLL: Timeout = Timeout(Duration::from_millis(800));

/// The flags that every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Where and how (all commands)")]
pub(crate) struct Flags {
    /// The data directory: catalog, embedded lake, history of the shell [default: the platform's]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file [default: civetta.toml in the data directory, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where tables are remembered: embedded, glue or postgres://USER@HOST/DATABASE
    #[arg(long, global = true, value_name = "CATALOG")]
    pub(crate) catalog: Option<CatalogChoice>,
    /// What s3:// is: embedded (DIR/lake/BUCKET/KEY), aws, or the http://ENDPOINT of MinIO and its kin
    #[arg(long, global = true, value_name = "S3")]
    pub(crate) s3: Option<S3Choice>,
    /// Ask S3 without credentials, for public buckets
    #[arg(long, global = true)]
    pub(crate) anonymous: bool,
    /// The memory that queries may take, such as 4GiB [default: 70 % of the machine or the container]
    #[arg(long, global = true, value_name = "SIZE")]
    pub(crate) memory: Option<Bytes>,
    /// What queries may spill to disk together, such as 20GiB [default: 80 % of what is free]
    #[arg(long, global = true, value_name = "SIZE")]
    pub(crate) spill_limit: Option<Bytes>,
    /// The threads that queries may take [default: one for each core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) threads: Option<u32>,
}

/// The keys of `civetta.toml`. A key that is not here is an error, because a misspelt one would be silently without effect.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    catalog: Option<String>,
    s3: Option<String>,
    anonymous: Option<bool>,
    memory: Option<String>,
    spill_limit: Option<String>,
    timeout: Option<String>,
    threads: Option<u32>,
    listen: Option<String>,
    concurrency: Option<u32>,
    history: Option<String>,
    poll: Option<String>,
    roots: Option<Vec<String>>,
    tls: Option<String>,
    tls_cert: Option<String>,
    tls_key: Option<String>,
    public_url: Option<String>,
    proxies: Option<Vec<String>>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    /// The name of the environment variable.
    Environment(&'static str),
    /// The flag as it is typed.
    Flag(&'static str),
}

impl Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Everything that can be configured, ready to be used.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data: Setting<PathBuf>,
    /// The configuration file that was read; `None` when there is none.
    pub(crate) file: Option<PathBuf>,
    pub(crate) catalog: Setting<CatalogChoice>,
    pub(crate) s3: Setting<S3Choice>,
    pub(crate) anonymous: Setting<bool>,
    /// `None`: the engine's share of the machine.
    pub(crate) memory: Setting<Option<Bytes>>,
    /// `None`: the engine's share of what is free on the disk.
    pub(crate) spill_limit: Setting<Option<Bytes>>,
    /// How long a statement of `civetta query` and of the shell may take; `None`: as long as it needs.
    pub(crate) timeout: Setting<Option<Timeout>>,
    /// `None`: one for each core.
    pub(crate) threads: Setting<Option<u32>>,
    /// Where `civetta serve` listens.
    pub(crate) listen: Setting<SocketAddr>,
    /// How many queries of a server run at once; the others wait.
    pub(crate) concurrency: Setting<u32>,
    /// How long a server remembers a query.
    pub(crate) history: Setting<Timeout>,
    /// How long a server holds the first poll of an unfinished query; later ones a quarter of it.
    pub(crate) poll: Setting<Timeout>,
    /// Locations beside the lake that a server may read.
    pub(crate) roots: Setting<Vec<String>>,
    /// Whether a server makes itself a certificate.
    pub(crate) tls: Setting<TlsChoice>,
    /// PEM files of a server's certificate and its key.
    pub(crate) tls_cert: Setting<Option<PathBuf>>,
    pub(crate) tls_key: Setting<Option<PathBuf>>,
    /// What clients call the server.
    pub(crate) public_url: Setting<Option<PublicUrl>>,
    /// Whose `X-Forwarded-…` is believed, besides this machine's.
    pub(crate) proxies: Setting<Vec<Network>>,
}

impl Config {
    /// Merges the flags with the environment and the file of this process.
    ///
    /// Errors (all `InvalidInput`): no home directory and no `--data`, a file that cannot be read or has an unknown key,
    /// a value that does not parse; each names the value's origin.
    pub(crate) fn read(flags: &Flags) -> Result<Self> {
        Self::resolve(flags, &|name| std::env::var(name).ok().filter(|text| !text.is_empty()))
    }

    /// As [`Config::read`], with the environment as a function, so that tests need not change the process's own.
    fn resolve(flags: &Flags, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let data = data_directory(flags, environment)?;
        let (file, path) = read_file(flags, environment, &data.value)?;
        let layers = Layers { environment, path: path.as_deref() };
        let anonymous_flag = flags.anonymous.then_some(true);
        Ok(Self {
            catalog: layers.pick("--catalog", flags.catalog.clone(), "CIVETTA_CATALOG", file.catalog, CatalogChoice::Embedded)?,
            s3: layers.pick("--s3", flags.s3.clone(), "CIVETTA_S3", file.s3, S3Choice::Embedded)?,
            anonymous: layers.pick(
                "--anonymous",
                anonymous_flag,
                "CIVETTA_ANONYMOUS",
                file.anonymous.map(|yes| yes.to_string()),
                false,
            )?,
            memory: layers.optional("--memory", flags.memory, "CIVETTA_MEMORY", file.memory)?,
            spill_limit: layers.optional("--spill-limit", flags.spill_limit, "CIVETTA_SPILL_LIMIT", file.spill_limit)?,
            timeout: layers.optional("--timeout", None, "CIVETTA_TIMEOUT", file.timeout)?,
            threads: layers.optional("--threads", flags.threads, "CIVETTA_THREADS", file.threads.map(|n| n.to_string()))?,
            listen: layers.pick("--listen", None, "CIVETTA_LISTEN", file.listen, SocketAddr::from(([127, 0, 0, 1], 4580)))?,
            concurrency: layers.pick(
                "--concurrency",
                None,
                "CIVETTA_CONCURRENCY",
                file.concurrency.map(|n| n.to_string()),
                CONCURRENCY,
            )?,
            history: layers.pick("--history", None, "CIVETTA_HISTORY", file.history, HISTORY)?,
            poll: layers.pick("--poll", None, "CIVETTA_POLL", file.poll, POLL)?,
            roots: layers.list("roots", file.roots)?,
            tls: layers.pick("--tls", None, "CIVETTA_TLS", file.tls, TlsChoice::Off)?,
            tls_cert: layers.optional("--tls-cert", None, "CIVETTA_TLS_CERT", file.tls_cert)?,
            tls_key: layers.optional("--tls-key", None, "CIVETTA_TLS_KEY", file.tls_key)?,
            public_url: layers.optional("--public-url", None, "CIVETTA_PUBLIC_URL", file.public_url)?,
            proxies: layers.list("proxies", file.proxies)?,
            file: path,
            data,
        })
    }

    /// Each value as a line of TOML with its origin as a comment; secrets are hidden. What cannot stand in the file, or has
    /// no value of its own, is a comment as a whole.
    pub(crate) fn describe(&self) -> Vec<String> {
        let quoted = |text: String| toml::Value::String(text).to_string();
        let optional = |name: &str, value: Option<String>, otherwise: &str, origin: &Origin| match value {
            Some(value) => format!("{name} = {value}  # {origin}"),
            None => format!("# {name}: {otherwise}  # {origin}"),
        };
        let list = |texts: Vec<String>| toml::Value::Array(texts.into_iter().map(toml::Value::String).collect());
        let path = |path: &PathBuf| quoted(path.display().to_string());
        let proxies = self.proxies.value.iter().map(Network::to_string).collect();
        let public_url = self.public_url.value.as_ref().map(|url| quoted(url.to_string()));
        let file = self.file.as_ref().map_or("none".to_owned(), |path| path.display().to_string());
        let memory = self.memory.value.map(|bytes| quoted(bytes.to_string()));
        let spill_limit = self.spill_limit.value.map(|bytes| quoted(bytes.to_string()));
        let timeout = self.timeout.value.map(|timeout| quoted(timeout.to_string()));
        let threads = self.threads.value.map(|n| n.to_string());
        vec![
            format!("# data: {}  # {}", self.data.value.display(), self.data.origin),
            format!("# config: {file}"),
            format!("catalog = {}  # {}", quoted(self.catalog.value.to_string()), self.catalog.origin),
            format!("s3 = {}  # {}", quoted(self.s3.value.to_string()), self.s3.origin),
            format!("anonymous = {}  # {}", self.anonymous.value, self.anonymous.origin),
            optional("memory", memory, "70 % of the machine or the container", &self.memory.origin),
            optional("spill_limit", spill_limit, "80 % of what the disk has free", &self.spill_limit.origin),
            optional("timeout", timeout, "none", &self.timeout.origin),
            optional("threads", threads, "one for each core", &self.threads.origin),
            format!("listen = {}  # {}", quoted(self.listen.value.to_string()), self.listen.origin),
            format!("concurrency = {}  # {}", self.concurrency.value, self.concurrency.origin),
            format!("history = {}  # {}", quoted(self.history.value.to_string()), self.history.origin),
            format!("poll = {}  # {}", quoted(self.poll.value.to_string()), self.poll.origin),
            format!("roots = {}  # {}", list(self.roots.value.clone()), self.roots.origin),
            format!("tls = {}  # {}", quoted(self.tls.value.to_string()), self.tls.origin),
            optional("tls_cert", self.tls_cert.value.as_ref().map(path), "none", &self.tls_cert.origin),
            optional("tls_key", self.tls_key.value.as_ref().map(path), "none", &self.tls_key.origin),
            optional("public_url", public_url, "none", &self.public_url.origin),
            format!("proxies = {}  # {}", list(proxies), self.proxies.origin),
        ]
    }
}

fn data_directory(flags: &Flags, environment: &dyn Fn(&str) -> Option<String>) -> Result<Setting<PathBuf>> {
    if let Some(value) = flags.data.clone() {
        return Ok(Setting { value, origin: Origin::Flag("--data") });
    }
    if let Some(value) = environment("CIVETTA_DATA") {
        return Ok(Setting { value: PathBuf::from(value), origin: Origin::Environment("CIVETTA_DATA") });
    }
    let platform = directories::ProjectDirs::from("", "", "civetta")
        .ok_or_else(|| Error::invalid("this user has no home directory for the data; give one with --data DIR"))?;
    Ok(Setting { value: platform.data_dir().to_path_buf(), origin: Origin::Default })
}

/// The file's values and its path; a file that was asked for must be there, the default one need not.
fn read_file(flags: &Flags, environment: &dyn Fn(&str) -> Option<String>, data: &Path) -> Result<(File, Option<PathBuf>)> {
    let asked = flags.config.clone().or_else(|| environment("CIVETTA_CONFIG").map(PathBuf::from));
    let path = asked.clone().unwrap_or_else(|| data.join("civetta.toml"));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        // A data directory that is none is told by whoever opens it.
        Err(error) if asked.is_none() && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok((File::default(), None));
        }
        Err(error) => return Err(Error::invalid(format!("configuration file {}: {error}", path.display()))),
    };
    let file = toml::from_str(&text).map_err(|error| Error::invalid(file_message(&path, &text, &error)))?;
    Ok((file, Some(path)))
}

/// The place and the reason, and not the line itself: it may hold a password.
fn file_message(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    format!("configuration file {}: line {line}: {}", path.display(), error.message().trim())
}

/// The layers below the flags.
struct Layers<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    path: Option<&'a Path>,
}

impl Layers<'_> {
    fn file(&self) -> Origin {
        Origin::File(self.path.map(Path::to_path_buf).unwrap_or_default())
    }

    /// A list, which only the file has below the flags.
    fn list<T>(&self, key: &str, in_file: Option<Vec<String>>) -> Result<Setting<Vec<T>>>
    where
        T: FromStr<Err: Display>,
    {
        let Some(texts) = in_file else { return Ok(Setting { value: Vec::new(), origin: Origin::Default }) };
        let origin = self.file();
        let parsed = texts.iter().map(|text| text.parse().map_err(|error| Error::invalid(format!("{key} ({origin}): {error}"))));
        Ok(Setting { value: parsed.collect::<Result<_>>()?, origin })
    }

    /// The first of flag, environment and file.
    fn optional<T>(
        &self,
        flag: &'static str,
        typed: Option<T>,
        variable: &'static str,
        in_file: Option<String>,
    ) -> Result<Setting<Option<T>>>
    where
        T: FromStr<Err: Display>,
    {
        if typed.is_some() {
            return Ok(Setting { value: typed, origin: Origin::Flag(flag) });
        }
        let (text, origin) = match ((self.environment)(variable), in_file) {
            (Some(text), _) => (text, Origin::Environment(variable)),
            (None, Some(text)) => (text, self.file()),
            (None, None) => return Ok(Setting { value: None, origin: Origin::Default }),
        };
        let key = flag.trim_start_matches('-');
        let value = text.parse().map_err(|error| Error::invalid(format!("{key} ({origin}): {error}")))?;
        Ok(Setting { value: Some(value), origin })
    }

    fn pick<T>(
        &self,
        flag: &'static str,
        typed: Option<T>,
        variable: &'static str,
        in_file: Option<String>,
        default: T,
    ) -> Result<Setting<T>>
    where
        T: FromStr<Err: Display>,
    {
        let Setting { value, origin } = self.optional(flag, typed, variable, in_file)?;
        Ok(Setting { value: value.unwrap_or(default), origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(flags: Flags, environment: &[(&str, &str)], file: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("civetta.toml");
        std::fs::write(path, file).unwrap();
        let flags = Flags { data: Some(folder.path().to_path_buf()), ..flags };
        Config::resolve(&flags, &|name| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file_which_beats_the_default() {
        let file = "threads = 2\nmemory = \"1GiB\"\ns3 = \"aws\"";
        let environment = [("CIVETTA_THREADS", "3"), ("CIVETTA_MEMORY", "2GiB")];
        let config = resolve(Flags { threads: Some(4), ..Flags::default() }, &environment, file).unwrap();
        assert_eq!(config.threads, Setting { value: Some(4), origin: Origin::Flag("--threads") });
        assert_eq!(config.memory.value, Some(Bytes(2 << 30)));
        assert_eq!(config.memory.origin, Origin::Environment("CIVETTA_MEMORY"));
        assert_eq!(config.s3.value, S3Choice::Aws);
        assert!(matches!(config.s3.origin, Origin::File(_)));
        assert_eq!(config.anonymous, Setting { value: false, origin: Origin::Default });
    }

    #[test]
    fn what_is_wrong_names_its_place() {
        for (environment, file, expected) in [
            (&[][..], "thread = 2", "line 1: unknown field `thread`"),
            (&[], "\nthreads = \"many\"", "line 2: invalid type"),
            (&[("CIVETTA_MEMORY", "lots")], "", "memory (environment variable CIVETTA_MEMORY): expected a size"),
            (&[("CIVETTA_LISTEN", "nowhere")], "", "listen (environment variable CIVETTA_LISTEN): "),
            (&[], "proxies = [\"lake\"]", "proxies ("),
            (&[("CIVETTA_TLS", "on")], "", "tls (environment variable CIVETTA_TLS): expected auto or off"),
            (&[("CIVETTA_S3", "ftp://x")], "", "s3 (environment variable CIVETTA_S3): expected"),
        ] {
            let error = resolve(Flags::default(), environment, file).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error_only_if_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let data = Some(folder.path().to_path_buf());
        assert!(Config::resolve(&Flags { data: data.clone(), ..Flags::default() }, &|_| None).unwrap().file.is_none());
        let flags = Flags { data, config: Some(folder.path().join("x.toml")), ..Flags::default() };
        assert!(Config::resolve(&flags, &|_| None).unwrap_err().message().contains("x.toml"));
    }

    #[test]
    fn the_description_is_a_configuration_file_without_secrets() {
        let environment = [("CIVETTA_CATALOG", "postgres://me:hunter2@db/lake?sslpassword=hunter3")];
        let config =
            resolve(Flags::default(), &environment, "roots = [\"s3://a/\"]\nproxies = [\"10.0.0.0/8\"]\ntls = \"auto\"").unwrap();
        let text = config.describe().join("\n");
        assert!(!text.contains("hunter"), "{text}");
        assert!(!format!("{config:?}").contains("hunter"));
        let parsed: File = toml::from_str(&text).unwrap();
        assert_eq!(parsed.roots.unwrap(), ["s3://a/"]);
        assert_eq!((parsed.tls.as_deref(), parsed.proxies.unwrap()), (Some("auto"), vec!["10.0.0.0/8".to_owned()]));
    }

    #[test]
    fn an_error_in_the_file_does_not_print_its_line() {
        let error = resolve(Flags::default(), &[], "catalogue = \"postgres://me:hunter2@db/x\"").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
