//! Names for completion. The editor calls from a thread of its own and must not wait long: a task answers from the catalog,
//! so what is offered is what is there, and an answer that does not come in time is none.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::table::Table;
use catalog::{Catalog, PageRequest};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long the Tab key may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// More tables than this nobody completes; one page of them is asked for.
const TABLES: usize = 1000;

/// Where completion gets its names.
pub(crate) trait Names {
    fn databases(&self) -> Vec<String>;
    /// The tables of a database; "" is the session's.
    fn tables(&self, database: &str) -> Vec<Table>;
    fn functions(&self) -> Vec<String>;
}

/// Names out of a catalog, by way of a task on the runtime.
#[derive(Clone)]
pub(crate) struct CatalogNames {
    questions: UnboundedSender<Question>,
    functions: Arc<[String]>,
    /// The session's database; the shell sets it before it reads a line.
    pub(crate) current: Arc<Mutex<String>>,
}

enum Question {
    Databases(Sender<Vec<String>>),
    Tables(String, Sender<Vec<Table>>),
}

impl CatalogNames {
    /// Starts the task; it ends with the last clone.
    pub(crate) fn start(catalog: Arc<dyn Catalog>, functions: Vec<String>) -> Self {
        let (questions, asked) = unbounded_channel();
        tokio::spawn(answer(catalog, asked));
        Self { questions, functions: functions.into(), current: Arc::new(Mutex::new(String::new())) }
    }

    fn ask<T>(&self, question: impl FnOnce(Sender<Vec<T>>) -> Question) -> Vec<T> {
        let (sender, receiver) = channel();
        match self.questions.send(question(sender)) {
            Ok(()) => receiver.recv_timeout(PATIENCE).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }
}

impl Names for CatalogNames {
    fn databases(&self) -> Vec<String> {
        self.ask(Question::Databases)
    }

    fn tables(&self, database: &str) -> Vec<Table> {
        let database = match database {
            "" => self.current.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            database => database.to_owned(),
        };
        self.ask(|sender| Question::Tables(database, sender))
    }

    fn functions(&self) -> Vec<String> {
        self.functions.to_vec()
    }
}

/// Errors are no names: completion never complains. That nobody waits for an answer any more is no error either.
async fn answer(catalog: Arc<dyn Catalog>, mut asked: UnboundedReceiver<Question>) {
    while let Some(question) = asked.recv().await {
        let page = PageRequest { limit: Some(TABLES), token: None };
        match question {
            Question::Databases(sender) => {
                let databases = catalog.databases(page).await.map(|page| page.items).unwrap_or_default();
                let _ = sender.send(databases.into_iter().map(|database| database.name).collect());
            }
            Question::Tables(database, sender) => {
                let _ = sender.send(catalog.tables(&database, None, page).await.map(|page| page.items).unwrap_or_default());
            }
        }
    }
}
