//! The scan leaf on the wire: a plan that crosses to a worker must carry format, framing, SerDe properties and file lists.
//! The wrapped Parquet source encodes schema, projection, predicate and file groups; what it does not know stands beside it.

use std::sync::Arc;

use catalog::Error;
use catalog::format::Format;
use catalog::storage::{Location, Storage};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err, internal_err};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use datafusion_proto::protobuf::PhysicalPlanNode;
use prost::Message;
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};

use super::rows::{Bundle, BundledFile};
use super::snapshot::{LakeFile, Logged};
use super::source::LakeSource;
use crate::error::into_datafusion;
use crate::lake_format::Place;

/// Encodes and decodes the leaves of Civetta's plans. The decoding session carries the [`Storage`] as an extension of its
/// configuration.
#[derive(Debug, Default)]
pub struct LakeCodec;

/// What stands beside the wrapped source's own encoding.
#[derive(Serialize, Deserialize)]
struct Leaf {
    format: Format,
    constants: usize,
    /// Per file group and file, the bundle it stands for; absent for Parquet.
    bundles: Vec<Vec<Option<Vec<EncodedFile>>>>,
    /// Per file group and file, what the log of a table format says of it.
    logged: Vec<Vec<Option<EncodedLogged>>>,
    /// Where columns are found in files, if not by their names.
    places: Option<Vec<Place>>,
    /// The wrapped source over the same configuration, in DataFusion's protobuf.
    plan: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct EncodedLogged {
    rows: Option<u64>,
    /// As roaring bitmaps are kept in files.
    deleted: Vec<u8>,
    size_unsure: bool,
}

#[derive(Serialize, Deserialize)]
struct EncodedFile {
    location: String,
    size: u64,
    etag: Option<String>,
    modified: i64,
    keys: usize,
    /// `ScalarValue`s in DataFusion's protobuf.
    constants: Vec<Vec<u8>>,
}

impl PhysicalExtensionCodec for LakeCodec {
    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some((config, source)) = node.downcast_ref::<DataSourceExec>().and_then(lake_scan) else {
            return internal_err!("'{}' has no encoding", node.name());
        };
        let carrier = FileScanConfigBuilder::from(config.clone()).with_source(Arc::new(source.parquet.clone())).build();
        let plan = converter.execution_plan_to_proto(&(DataSourceExec::from_data_source(carrier) as _), self)?;
        let bundles = config.file_groups.iter().map(encode_group).collect::<Result<_>>()?;
        let leaf = Leaf {
            format: source.format.as_ref().clone(),
            constants: source.constants,
            bundles,
            logged: config.file_groups.iter().map(encode_logged).collect::<Result<_>>()?,
            places: source.places.as_ref().map(|places| places.to_vec()),
            plan: plan.encode_to_vec(),
        };
        serde_json::to_writer(buf, &leaf).map_err(|error| internal_datafusion_err!("a scan cannot be encoded: {error}"))
    }

    fn try_decode(
        &self,
        buf: &[u8],
        _inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let leaf: Leaf =
            serde_json::from_slice(buf).map_err(|error| internal_datafusion_err!("a scan cannot be decoded: {error}"))?;
        let storage = ctx
            .session_config()
            .get_extension::<Storage>()
            .ok_or_else(|| internal_datafusion_err!("the session that decodes a scan has no storage"))?;
        let node = PhysicalPlanNode::decode(leaf.plan.as_slice())
            .map_err(|error| internal_datafusion_err!("a scan cannot be decoded: {error}"))?;
        let decode = datafusion_proto::physical_plan::PhysicalPlanDecodeContext::new(ctx, self);
        let carrier = converter.proto_to_execution_plan(&node, &decode)?;
        let Some((config, parquet)) = carrier.downcast_ref::<DataSourceExec>().and_then(parquet_scan) else {
            return internal_err!("a scan was encoded over another source");
        };
        let format = Arc::new(leaf.format);
        let source = LakeSource::with_parquet(Arc::clone(&format), parquet.clone(), leaf.constants, storage.as_ref().clone())
            .with_places(leaf.places.map(Arc::from));
        let groups = config.file_groups.iter().zip(leaf.bundles).zip(leaf.logged);
        let groups = groups
            .map(|((group, bundles), logged)| decode_logged(decode_group(group, bundles, &format)?, logged))
            .collect::<Result<_>>()?;
        let config = FileScanConfigBuilder::from(config.clone()).with_source(Arc::new(source)).with_file_groups(groups).build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

fn lake_scan(node: &DataSourceExec) -> Option<(&FileScanConfig, &LakeSource)> {
    let config = node.data_source().downcast_ref::<FileScanConfig>()?;
    Some((config, config.file_source().downcast_ref::<LakeSource>()?))
}

fn parquet_scan(node: &DataSourceExec) -> Option<(&FileScanConfig, &ParquetSource)> {
    let config = node.data_source().downcast_ref::<FileScanConfig>()?;
    Some((config, config.file_source().downcast_ref::<ParquetSource>()?))
}

fn encode_group(group: &FileGroup) -> Result<Vec<Option<Vec<EncodedFile>>>> {
    let encode = |file: &BundledFile| {
        let constants = file.constants.iter().map(encode_scalar).collect::<Result<_>>()?;
        let LakeFile { location, size, etag, modified, keys, format: _, logged: _ } = &file.file;
        Ok(EncodedFile {
            location: location.to_string(),
            size: *size,
            etag: etag.clone(),
            modified: *modified,
            keys: keys.len(),
            constants,
        })
    };
    let bundle = |Bundle(files): &Bundle| files.iter().map(encode).collect::<Result<_>>();
    group.iter().map(|file| file.extension::<Bundle>().map(bundle).transpose()).collect()
}

fn encode_logged(group: &FileGroup) -> Result<Vec<Option<EncodedLogged>>> {
    let encode = |logged: &Arc<Logged>| {
        let Logged { rows, deleted, size_unsure, unlike: _ } = logged.as_ref();
        let mut bytes = vec![];
        deleted
            .serialize_into(&mut bytes)
            .map_err(|error| internal_datafusion_err!("deleted rows cannot be encoded: {error}"))?;
        Ok(EncodedLogged { rows: *rows, deleted: bytes, size_unsure: *size_unsure })
    };
    group.iter().map(|file| file.extension::<Arc<Logged>>().map(encode).transpose()).collect()
}

fn decode_logged(group: FileGroup, logged: Vec<Option<EncodedLogged>>) -> Result<FileGroup> {
    let files = group.into_inner().into_iter().zip(logged).map(|(file, logged)| match logged {
        None => Ok(file),
        Some(EncodedLogged { rows, deleted, size_unsure }) => {
            let deleted = RoaringTreemap::deserialize_from(deleted.as_slice())
                .map_err(|error| internal_datafusion_err!("deleted rows cannot be decoded: {error}"))?;
            Ok(file.with_extension(Arc::new(Logged { rows, deleted, size_unsure, unlike: vec![] })))
        }
    });
    Ok(FileGroup::new(files.collect::<Result<_>>()?))
}

/// A value in DataFusion's protobuf.
pub(crate) fn encode_scalar(value: &ScalarValue) -> Result<Vec<u8>> {
    let encoded = datafusion_proto::protobuf::ScalarValue::try_from(value)
        .map_err(|error| internal_datafusion_err!("a value cannot be encoded: {error}"))?;
    Ok(encoded.encode_to_vec())
}

fn decode_group(group: &FileGroup, bundles: Vec<Option<Vec<EncodedFile>>>, format: &Arc<Format>) -> Result<FileGroup> {
    let files = group.iter().cloned().zip(bundles).map(|(file, bundle)| match bundle {
        None => Ok(file),
        Some(files) => {
            let files = files.into_iter().map(|file| decode_file(file, format)).collect::<Result<Vec<_>>>()?;
            Ok(file.with_extension(Bundle(files.into())))
        }
    });
    Ok(FileGroup::new(files.collect::<Result<_>>()?))
}

fn decode_file(file: EncodedFile, format: &Arc<Format>) -> Result<BundledFile> {
    let constants = file.constants.iter().map(|bytes| decode_scalar(bytes)).collect::<Result<Vec<_>>>()?;
    let keys = constants.get(..file.keys).ok_or_else(|| into_datafusion(Error::internal("a bundled file lost its keys")))?;
    let location = Location::parse(&file.location).map_err(into_datafusion)?;
    let file = LakeFile {
        location,
        size: file.size,
        etag: file.etag,
        modified: file.modified,
        keys: keys.into(),
        format: Arc::clone(format),
        logged: None,
    };
    Ok(BundledFile { file, constants })
}

pub(super) fn decode_scalar(bytes: &[u8]) -> Result<ScalarValue> {
    let encoded = datafusion_proto::protobuf::ScalarValue::decode(bytes)
        .map_err(|error| internal_datafusion_err!("a value cannot be decoded: {error}"))?;
    ScalarValue::try_from(&encoded).map_err(|error| internal_datafusion_err!("a value cannot be decoded: {error}"))
}
