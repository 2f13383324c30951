//! From what a client asks for to a query that may run: the checks of `StartQueryExecution`, in Athena's order and words.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use catalog::local::{QueryKeys, StoredQuery};
use catalog::storage::{Location, Scheme};
use catalog::table::now;
use catalog::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use sql::{Door, Statement};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::client::{ByTrino, LISTING};
use super::record::{Query, State, Statistics};
use super::shape::Shape;
use super::{LEASE, Live, Queries, read};
use crate::engine::{Engine, Session};
use crate::prepared::PreparedStatement;
use crate::work_group::{PRIMARY, ResultConfiguration, WorkGroup};

/// Athena's limit of a statement, in bytes.
pub const LONGEST_TEXT: usize = 262_144;

/// A query that somebody wants to be run.
#[derive(Debug, Clone)]
pub struct Request {
    pub text: String,
    pub catalog: Option<String>,
    /// May be in back-ticks, as some clients send it.
    pub database: Option<String>,
    /// `primary` when it is absent.
    pub work_group: Option<String>,
    pub results: ResultConfiguration,
    /// Athena's `ExecutionParameters`.
    pub parameters: Vec<String>,
    pub token: Option<String>,
    /// A result of at most this age may answer it, in minutes.
    pub reuse_minutes: Option<u32>,
    /// Over what the caller may see.
    pub engine: Engine,
    /// The caller may change nothing, prepared statements neither.
    pub read_only: bool,
    /// What the caller's limits are called, if there are any: results are reused among those with the same.
    pub limits: Option<String>,
    /// What came with it by Trino's protocol; `None`: it came by Athena's. Nothing is written to the output location then.
    pub trino: Option<Box<ByTrino>>,
}

/// All that running needs.
pub(super) struct Job {
    pub(super) engine: Engine,
    pub(super) statement: Statement,
    pub(super) group: WorkGroup,
    pub(super) reuse: Option<String>,
    pub(super) session: Session,
}

impl Queries {
    /// Records the query and starts it when its turn comes. A request with a token that was seen before is that earlier query.
    ///
    /// Errors: `Syntax` and `NotSupported` for the text; `InvalidInput` for a limit, an output location, a disabled work group;
    /// `WorkGroupNotFound`; `TokenReused` for a token that came with another request; `Unavailable` while draining.
    pub async fn submit(&self, request: Request) -> Result<Arc<Query>> {
        let Self(inner) = self;
        if inner.draining.load(Relaxed) {
            return Err(Error::new(ErrorKind::Unavailable, "the server is being stopped and takes no new queries"));
        }
        let statement = parsed(&request)?;
        let group = inner.groups.get(request.work_group.as_deref().unwrap_or(PRIMARY)).await?;
        if !group.is_enabled() {
            return Err(Error::invalid(format!("WorkGroup {} is disabled.", group.name)));
        }
        if request.read_only
            && request.trino.is_none()
            && matches!(statement, Statement::Prepare { .. } | Statement::Deallocate { .. })
        {
            return Err(Error::new(ErrorKind::AccessDenied, "this access key may only read"));
        }
        // What a prepared statement says may change, so that only a query's own text tells that it is the same.
        let reusable = is_select(&statement);
        let statement = match &request.trino {
            Some(trino) => bound_by_trino(statement, &trino.session)?,
            None => self.bound(statement, &group, &request.parameters).await?,
        };
        let query = match &request.trino {
            Some(trino) => query_by_trino(&request, trino, &group, &statement, self.next_trino_id()),
            None => {
                let query = query(&request, &group, Shape::of(&statement)?, inner.storage.lake().is_some())?;
                may_write(&request, &group, &query)?;
                query
            }
        };
        let reuse = reusable.then(|| reuse_key(&query, request.limits.as_deref()));
        let stored = StoredQuery {
            id: query.id.clone(),
            work_group: if query.client.is_some() { LISTING.to_owned() } else { query.work_group.clone() },
            state: query.state.name().to_owned(),
            submitted: inner.next_time(),
            owner: inner.owner.clone(),
            json: query.to_json()?,
        };
        let keys = QueryKeys { token: request.token.clone(), reuse: reuse.clone() };
        // It is known here before it is stored, so that whoever reads it there finds it here.
        let (now, _) = watch::channel(Arc::new(query.clone()));
        let live = Live { now, stop: CancellationToken::new(), why: Mutex::new(None), polled: AtomicBool::new(false) };
        let live = Arc::new(live);
        inner.live().insert(query.id.clone(), Arc::clone(&live));
        let earlier = match inner.home.create_query(stored, keys, LEASE).await {
            Ok(earlier) => earlier,
            Err(error) => {
                inner.live().remove(&query.id);
                return Err(error);
            }
        };
        if let Some(earlier) = earlier {
            inner.live().remove(&query.id);
            let earlier = read(&earlier)?;
            return match earlier.fingerprint == query.fingerprint {
                true => Ok(Arc::new(earlier)),
                false => Err(Error::new(ErrorKind::TokenReused, "Idempotent parameters do not match")),
            };
        }
        inner.count(State::Queued);
        let session = request.trino.map_or_else(|| session_of(&query), |trino| trino.session);
        let reuse = reuse.filter(|_| query.reuse_minutes.is_some());
        let job = Job { engine: request.engine, statement, group, reuse, session };
        tokio::spawn(self.clone().run(live, job));
        Ok(Arc::new(query))
    }

    /// The statement that is to run, with values for its `?`. Parameters of a statement without `?` are ignored, as Athena does.
    async fn bound(&self, statement: Statement, group: &WorkGroup, parameters: &[String]) -> Result<Statement> {
        let sent = || parameters.iter().map(|text| sql::parameter(text)).collect::<Vec<_>>();
        match statement {
            Statement::Execute { name, parameters } => {
                let prepared = PreparedStatement::find(&self.0.home, &group.name, &name).await?;
                let values = if parameters.is_empty() { sent() } else { parameters };
                sql::bind(sql::parse(&prepared.query_statement)?, values)
            }
            statement if sql::places(&statement) > 0 => sql::bind(statement, sent()),
            statement => Ok(statement),
        }
    }
}

fn parsed(request: &Request) -> Result<Statement> {
    let text = &request.text;
    if text.len() > LONGEST_TEXT {
        return Err(Error::invalid(format!("the statement has {} bytes, at most {LONGEST_TEXT} are allowed", text.len())));
    }
    if text.trim_matches(|c: char| c.is_whitespace() || c == ';').is_empty() {
        return Err(Error::invalid(format!("Empty sql statement: {text}")));
    }
    if sql::split(text).statements.len() > 1 {
        return Err(Error::invalid(format!("Only one sql statement is allowed. Got: {text}")));
    }
    sql::parse_by(request.trino.as_ref().map_or(Door::Athena, |trino| trino.session.door), text)
}

/// Athena's session: a query is one of its own.
fn session_of(query: &Query) -> Session {
    let session = Session::default();
    Session { database: query.database.clone().unwrap_or(session.database), ..session }
}

/// The statement that is to run, where it is one that the client has prepared.
fn bound_by_trino(statement: Statement, session: &Session) -> Result<Statement> {
    match statement {
        Statement::Execute { name, parameters } => session.bound(&name, parameters),
        statement if sql::places(&statement) > 0 => sql::bind(statement, Vec::new()),
        statement => Ok(statement),
    }
}

fn query_by_trino(request: &Request, trino: &ByTrino, group: &WorkGroup, statement: &Statement, id: String) -> Query {
    Query {
        id,
        text: request.text.trim_matches(|c: char| c.is_whitespace() || c == ';').to_owned(),
        catalog: Some(trino.session.catalog.clone()),
        database: Some(trino.session.database.clone()),
        work_group: group.name.clone(),
        parameters: Vec::new(),
        output: String::new(),
        results: ResultConfiguration::default(),
        client: Some(trino.client.clone()),
        reuse_minutes: None,
        shape: Shape::by_trino(statement),
        fingerprint: String::new(),
        submitted: now(),
        state: State::Queued,
        reason: None,
        failure: None,
        completed: None,
        statistics: Statistics::default(),
        answer: None,
    }
}

fn query(request: &Request, group: &WorkGroup, shape: Shape, embedded: bool) -> Result<Query> {
    request.results.check(embedded)?;
    let id = Uuid::new_v4().to_string();
    let own = &group.configuration;
    let results = match own.enforce_work_group_configuration && own.output_location().is_some() {
        true => own.result_configuration.clone(),
        false if request.results.output_location.is_some() => request.results.clone(),
        false => own.result_configuration.clone(),
    };
    let folder = output_folder(results.output_location.as_deref())?;
    let output = folder.join(&format!("{id}.{}", shape.file.extension())).to_string();
    let database = request.database.as_deref().map(|name| name.trim_matches('`').to_owned());
    let catalog = request.catalog.as_deref().map(str::to_lowercase);
    let sent = [Some(&request.text), catalog.as_ref(), request.database.as_ref(), request.results.output_location.as_ref()];
    Ok(Query {
        fingerprint: digest(&sent.map(|text| text.map_or("", String::as_str))),
        id,
        text: request.text.trim_matches(|c: char| c.is_whitespace() || c == ';').to_owned(),
        catalog,
        database: database.filter(|name| !name.is_empty()),
        work_group: group.name.clone(),
        parameters: request.parameters.clone(),
        output,
        results: ResultConfiguration { output_location: Some(folder.to_string()), ..results },
        client: None,
        reuse_minutes: request.reuse_minutes,
        shape,
        submitted: now(),
        state: State::Queued,
        reason: None,
        failure: None,
        completed: None,
        statistics: Statistics::default(),
        answer: None,
    })
}

/// Results are written with the rights of the server, so that who only reads may ask. Where they go is the work group's choice, or one
/// that the caller has the right to make.
fn may_write(request: &Request, group: &WorkGroup, query: &Query) -> Result<()> {
    let at = Location::parse(&query.output)?;
    let own = group.configuration.output_location().and_then(|own| Location::parse(own).ok());
    match own.is_some_and(|own| own.folder().covers(&at)) {
        true => Ok(()),
        false => request.engine.storage().writable(&at),
    }
}

fn output_folder(location: Option<&str>) -> Result<Location> {
    let Some(text) = location else {
        return Err(Error::invalid(
            "No output location provided. An output location is required either through the Workgroup result configuration \
             setting or as an API input.",
        ));
    };
    match Location::parse(text) {
        Ok(at) if at.scheme == Scheme::S3 => Ok(at.folder()),
        _ => Err(Error::invalid("outputLocation is not a valid S3 path.")),
    }
}

fn is_select(statement: &Statement) -> bool {
    matches!(statement, Statement::Query(_))
}

/// Equal for queries of which one's result may answer the other.
fn reuse_key(query: &Query, limits: Option<&str>) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let place = text(&query.results.output_location);
    let limits = limits.unwrap_or_default().to_owned();
    let mut parts =
        vec![query.text.clone(), text(&query.catalog), text(&query.database), query.work_group.clone(), place, limits];
    parts.extend(query.parameters.iter().cloned());
    digest(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// SHA-256 of the parts with their lengths, in hexadecimal.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
