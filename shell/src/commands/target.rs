//! What is to be crawled and how: the arguments that `crawl` and `crawler add` share, and the Glue-shaped crawler they say.

use catalog::crawl::Request;
use catalog::crawler::{
    Crawler, CrawlerTargets, DeleteBehavior, RecrawlBehavior, RecrawlPolicy, S3Target, SchemaChangePolicy, UpdateBehavior,
};
use catalog::local::LocalCatalog;
use catalog::storage::{Location, Scheme};
use catalog::{Error, Result};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Targets {
    /// Where the files are: s3://bucket/path/, gs://, az://, or a folder or file of this machine
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,
    /// The database for the tables; made if it is not there [default: the name of the first target's bucket or folder]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Put this before the name of every table
    #[arg(long, value_name = "PREFIX")]
    table_prefix: Option<String>,
    /// Leave out objects whose key below the target matches; may be given more than once
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Read at most this many objects of each folder
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Make a table of each folder, and of each file, whose schema is not like its siblings' (Glue without a grouping policy)
    #[arg(long, conflicts_with = "combine")]
    strict: bool,
    /// Make one table of all folders with the same format, however different their schemas (Glue's CombineCompatibleSchemas)
    #[arg(long)]
    combine: bool,
    /// Begin tables at this depth of folders; the bucket is 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    table_level: Option<u32>,
    /// Change nothing if there are more tables than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    table_threshold: Option<u32>,
    /// What to do with a table whose schema changed
    #[arg(long, value_name = "POLICY", default_value = "update")]
    on_change: OnChange,
    /// What to do with a table or partition whose objects are gone
    #[arg(long, value_name = "POLICY", default_value = "deprecate")]
    on_delete: OnDelete,
    /// Look only into folders that were not there before
    #[arg(long)]
    new_folders_only: bool,
    /// Ask this classifier of the catalog before the built-in ones; may be given more than once
    #[arg(long, value_name = "NAME")]
    classifier: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum OnChange {
    /// Update the table's definition
    Update,
    /// Add new columns, and change none
    Merge,
    /// Change nothing, and report it
    Log,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum OnDelete {
    /// Keep it, marked as deprecated
    Deprecate,
    /// Delete it
    Delete,
    /// Change nothing, and report it
    Log,
}

impl Targets {
    /// What to crawl, once and without a name.
    ///
    /// Errors: `InvalidInput` for a target that is no location, `EntityNotFound` for a classifier.
    pub(crate) async fn request(&self, home: &LocalCatalog) -> Result<Request> {
        let mut classifiers = Vec::with_capacity(self.classifier.len());
        for name in &self.classifier {
            classifiers.push(home.classifier(name).await?);
        }
        Ok(Request { crawler: None, ..Request::of(&self.crawler("civetta crawl")?, classifiers)? })
    }

    /// The crawler that these arguments describe, in Glue's form, as the catalog keeps it. Local paths become absolute.
    ///
    /// Errors: `InvalidInput` for a target that is no location.
    pub(crate) fn crawler(&self, name: &str) -> Result<Crawler> {
        let locations = self.targets.iter().map(|text| Location::parse(text)).collect::<Result<Vec<_>>>()?;
        let first = locations.first().ok_or_else(|| Error::invalid("there is no target"))?;
        let database = self.database.clone().unwrap_or_else(|| default_database(first));
        let target =
            |at: &Location| S3Target { path: at.to_string(), exclusions: self.exclude.clone(), sample_size: self.sample };
        Ok(Crawler {
            name: name.to_owned(),
            targets: CrawlerTargets { s3: locations.iter().map(target).collect(), ..CrawlerTargets::default() },
            database_name: Some(catalog::name::fold(&database)),
            classifiers: self.classifier.clone(),
            recrawl_policy: RecrawlPolicy {
                recrawl_behavior: if self.new_folders_only {
                    RecrawlBehavior::CrawlNewFoldersOnly
                } else {
                    RecrawlBehavior::CrawlEverything
                },
            },
            schema_change_policy: SchemaChangePolicy {
                update_behavior: match self.on_change {
                    OnChange::Update | OnChange::Merge => UpdateBehavior::UpdateInDatabase,
                    OnChange::Log => UpdateBehavior::Log,
                },
                delete_behavior: match self.on_delete {
                    OnDelete::Deprecate => DeleteBehavior::DeprecateInDatabase,
                    OnDelete::Delete => DeleteBehavior::DeleteFromDatabase,
                    OnDelete::Log => DeleteBehavior::Log,
                },
            },
            table_prefix: self.table_prefix.clone(),
            configuration: self.configuration(),
            ..Crawler::default()
        })
    }

    /// Glue's `Configuration` document, if anything in it is not the default.
    fn configuration(&self) -> Option<String> {
        let mut grouping = serde_json::Map::new();
        if self.strict {
            grouping.insert("TableGroupingPolicy".to_owned(), json!("SeparateDissimilarSchemas"));
        } else if self.combine {
            grouping.insert("TableGroupingPolicy".to_owned(), json!("CombineCompatibleSchemas"));
        }
        if let Some(level) = self.table_level {
            grouping.insert("TableLevelConfiguration".to_owned(), json!(level));
        }
        let mut tables = serde_json::Map::new();
        if self.on_change == OnChange::Merge {
            tables.insert("AddOrUpdateBehavior".to_owned(), json!("MergeNewColumns"));
        }
        if let Some(threshold) = self.table_threshold {
            tables.insert("TableThreshold".to_owned(), json!(threshold));
        }
        let mut document = json!({ "Version": 1.0 });
        if !grouping.is_empty() {
            document["Grouping"] = Value::Object(grouping);
        }
        if !tables.is_empty() {
            document["CrawlerOutput"] = json!({ "Tables": tables });
        }
        (document.as_object()?.len() > 1).then(|| document.to_string())
    }
}

/// The bucket, or the folder of this machine, as a legal name.
fn default_database(first: &Location) -> String {
    let name = match first.scheme {
        Scheme::File if first.is_folder() || first.file_path().is_some_and(|path| path.is_dir()) => first.name(),
        Scheme::File => first.key.rsplit('/').nth(1).unwrap_or_default(),
        _ => &first.bucket,
    };
    catalog::crawl::table_name::plain("", name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Targets,
    }

    fn crawler(line: &str) -> Crawler {
        Line::try_parse_from(format!("civetta {line}").split(' ')).unwrap().args.crawler("x").unwrap()
    }

    #[test]
    fn databases_are_called_after_the_first_target() {
        for (line, database) in [
            ("s3://My-Bucket/orders/", "my_bucket"),
            ("s3a://b/x s3://c/", "b"),
            ("s3://b/ --database Sales", "sales"),
            ("/no/where/here.json", "where"),
            ("/no/Where-else/", "where_else"),
        ] {
            assert_eq!(crawler(line).database_name.as_deref(), Some(database), "{line}");
        }
    }

    #[test]
    fn options_become_glues_document() {
        let configuration = |line: &str| crawler(format!("s3://b/ {line}").trim_end()).configuration;
        assert_eq!(configuration(""), None);
        assert_eq!(
            configuration("--strict --table-level 3 --table-threshold 5 --on-change merge").as_deref(),
            Some(concat!(
                r#"{"Version":1.0,"Grouping":{"TableGroupingPolicy":"SeparateDissimilarSchemas","TableLevelConfiguration":3},"#,
                r#""CrawlerOutput":{"Tables":{"AddOrUpdateBehavior":"MergeNewColumns","TableThreshold":5}}}"#
            ))
        );
        catalog::crawl::Options::parse(&configuration("--combine").unwrap()).unwrap();
    }

    #[test]
    fn policies() {
        let crawler =
            crawler("s3://b/ --on-change log --on-delete delete --new-folders-only --exclude a/** --exclude b --sample 3");
        assert_eq!(crawler.schema_change_policy.update_behavior, UpdateBehavior::Log);
        assert_eq!(crawler.schema_change_policy.delete_behavior, DeleteBehavior::DeleteFromDatabase);
        assert_eq!(crawler.recrawl_policy.recrawl_behavior, RecrawlBehavior::CrawlNewFoldersOnly);
        assert_eq!(crawler.targets.s3[0].exclusions, ["a/**", "b"]);
        assert_eq!(crawler.targets.s3[0].sample_size, Some(3));
    }

    #[test]
    fn wrong_usage_is_refused() {
        for line in ["", "s3://b/ --strict --combine", "s3://b/ --sample 0", "s3://b/ --on-change never"] {
            assert!(Line::try_parse_from(format!("civetta {line}").trim_end().split(' ')).is_err(), "{line}");
        }
    }
}
