//! Trino's "IP Address Functions" and "UUID functions".

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, FixedSizeBinaryArray};
use datafusion::common::{Result, exec_datafusion_err};

use super::columns::{booleans, invalid, strings, wrapped};
use super::{Call, Overload, Scalar};
use crate::types::Type;

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["contains"],
        description: "Whether the network, in CIDR notation, has the address",
        overloads: &[Overload::new("(varchar, ipaddress) -> boolean", contains)],
    },
    Scalar { names: &["uuid"], description: "A random UUID", overloads: &[Overload::new("() -> uuid", uuid)] },
];

/// The addresses that begin as the network's does; of both the form of IPv6, which `::ffff:0:0/96` holds IPv4 in.
#[derive(Debug, PartialEq, Eq)]
struct Network {
    base: u128,
    prefix: u32,
}

impl Network {
    /// Errors in Trino's words for what is no network, and for one of IPv4 with bits behind its prefix.
    fn parse(cidr: &str) -> Result<Self> {
        let not_cidr = || invalid("Invalid CIDR");
        let (address, prefix) = cidr.split_once('/').ok_or_else(not_cidr)?;
        let prefix: i64 = prefix.parse().map_err(|_| not_cidr())?;
        let prefix = u32::try_from(prefix).map_err(|_| invalid("Invalid prefix length"))?;
        let address: IpAddr = address.parse().map_err(|_| invalid("Invalid network IP address"))?;
        let (base, bits) = match address {
            IpAddr::V4(address) => (bits(address.to_ipv6_mapped()), prefix.checked_add(96)),
            IpAddr::V6(address) => (bits(address), Some(prefix)),
        };
        let network = match bits {
            Some(prefix @ ..=128) => Self { base, prefix },
            _ => return Err(not_cidr()),
        };
        match address.is_ipv4() && base & !network.mask() != 0 {
            true => Err(not_cidr()),
            false => Ok(network),
        }
    }

    fn mask(&self) -> u128 {
        u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)
    }

    fn contains(&self, address: u128) -> bool {
        (address ^ self.base) & self.mask() == 0
    }
}

fn bits(address: Ipv6Addr) -> u128 {
    u128::from(address)
}

fn contains(call: &Call<'_>) -> Result<ArrayRef> {
    let network = strings(call, 0)?;
    let addresses = call.array(1)?;
    let addresses = addresses.as_struct().column(0).as_fixed_size_binary();
    let mut last: Option<(usize, Network)> = None;
    booleans(call, |row| {
        let known = match last.take() {
            Some((before, known)) if network.same(before, row) => known,
            _ => Network::parse(network.value(row))?,
        };
        let address = addresses.value(row).try_into().map(u128::from_be_bytes);
        let found = address.is_ok_and(|address| known.contains(address));
        last = Some((row, known));
        Ok(Some(found))
    })
}

fn uuid(call: &Call<'_>) -> Result<ArrayRef> {
    let values = (0..call.rows).map(|_| uuid::Uuid::new_v4().into_bytes());
    let values = FixedSizeBinaryArray::try_from_iter(values);
    match call.rows {
        0 => Ok(arrow::array::new_empty_array(&call.result_arrow())),
        _ => wrapped(Arc::new(values.map_err(|error| exec_datafusion_err!("{error}"))?), &Type::Uuid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (cidr, address, expected) in [
            ("0.0.0.0/0", "255.255.255.255", Some(true)),
            ("10.0.0.0/8", "11.0.0.1", Some(false)),
            ("10.0.0.0/8", "::ffff:a00:1", Some(true)),
            ("::ffff:0000:0000/0", "::ffff:ffff:ffff", Some(true)),
            ("0:0:0:0:0:ffff:aabb:ccdd/96", "170.187.204.221", Some(true)),
            ("::aabb:ccdd/96", "170.187.204.221", Some(false)),
            ("2001:abcd:ef01:2345:6789:abcd:ef01:234/60", "2001:abcd:ef01:2340::", Some(true)),
            ("::1/128", "::", Some(false)),
            ("0.0.0.0/-1", "::", None),
            ("0.0.0.1/0", "::", None),
            ("2620:109:c006:104::/250", "::", None),
            ("x.x.x.x/1", "::", None),
            ("10.0.0.0", "::", None),
        ] {
            let address = match address.parse().unwrap() {
                IpAddr::V4(address) => bits(address.to_ipv6_mapped()),
                IpAddr::V6(address) => bits(address),
            };
            let found = Network::parse(cidr).ok().map(|network| network.contains(address));
            assert_eq!(found, expected, "{cidr}");
        }
    }
}
