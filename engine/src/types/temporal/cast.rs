//! Casts of temporal types: among each other, from text and to text ("Date and time functions and operators", "Conversion functions").

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, NullBufferBuilder, StringViewArray, StringViewBuilder};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, DurationMillisecondType, IntervalYearMonthType};
use catalog::{Error, ErrorKind, Result};

use super::column::{self, Column};
use super::parse::{self, TimeText, TimestampText};
use super::{MAX_PRECISION, Moment, PICOS_PER_DAY, PICOS_PER_SECOND, print, round_time};
use crate::types::{Type, Zone};

/// What casts need to know of a session: a time has no day, a timestamp no zone, and blanks are or are not of a char.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) zone: Zone,
    /// When the query began.
    pub(crate) start: Moment,
    /// Whether a char that turns into a varchar has blanks up to its length.
    pub(crate) pads_chars: bool,
}

impl Clock {
    /// The day that it is where the session is.
    pub(crate) fn today(&self) -> i64 {
        self.zone.local(self.start).unwrap_or(self.start).day()
    }

    /// Minutes that the session's clocks are ahead of UTC today.
    pub(crate) fn offset(&self) -> i64 {
        self.zone.offset_at(self.start) / 60
    }
}

/// The instants that a timestamp with time zone can be, in milliseconds on both sides of 1970.
const MAX_ZONED_MILLIS: u64 = 1 << 51;

/// Whether a timestamp with time zone can be this instant.
pub(crate) fn is_zoned_instant(instant: Moment) -> bool {
    instant.millis().unsigned_abs() < MAX_ZONED_MILLIS
}

/// Whether [`cast`] knows how.
pub(crate) fn can_cast(from: &Type, to: &Type) -> bool {
    use Type::{Date, DayTime, Time, TimeTz, Timestamp, TimestampTz, Varchar, YearMonth};
    matches!(
        (from, to),
        (Varchar(_), Date | Time(_) | TimeTz(_) | Timestamp(_) | TimestampTz(_))
            | (Date | Time(_) | TimeTz(_) | Timestamp(_) | TimestampTz(_) | YearMonth | DayTime, Varchar(_))
            | (Date, Date | Timestamp(_) | TimestampTz(_))
            | (Time(_) | TimeTz(_), Time(_) | TimeTz(_) | Timestamp(_) | TimestampTz(_))
            | (Timestamp(_) | TimestampTz(_), Date | Time(_) | TimeTz(_) | Timestamp(_) | TimestampTz(_))
    )
}

/// The values of `array`, of type `from`, as values of type `to`; the bound of a varchar is left to the caller. What is no value of
/// `to` is NULL where the cast is a `TRY_CAST`.
///
/// Errors: `InvalidCast` for a value that is none of `to`, `Internal` for types that [`can_cast`] does not know.
pub(crate) fn cast(array: &ArrayRef, from: &Type, to: &Type, clock: Clock, r#try: bool) -> Result<ArrayRef> {
    if matches!(to, Type::Varchar(_)) {
        return text(array, from);
    }
    let nulls = array.logical_nulls();
    let rows = Rows { count: array.len(), nulls: nulls.as_ref(), r#try };
    let from_text = matches!(from, Type::Varchar(_));
    if from_text {
        let texts = arrow::compute::cast(array, &DataType::Utf8View).map_err(|error| Error::internal(error.to_string()))?;
        return parsed(texts.as_string_view(), to, clock, &rows);
    }
    converted(&Column::of(array, from)?, from, to, clock, &rows)
}

/// Text to values.
fn parsed(texts: &StringViewArray, to: &Type, clock: Clock, rows: &Rows<'_>) -> Result<ArrayRef> {
    // As Java's `trim` has it.
    let text = |row: usize| texts.value(row).trim_matches(|c: char| c <= ' ');
    let wrong = |row: usize| cannot(texts.value(row), to);
    match to {
        Type::Date => {
            let (days, nulls) = rows.fill(|row| parse::date(text(row)), wrong)?;
            Ok(column::dates(days, nulls))
        }
        Type::Time(digits) => {
            let time = |row| TimeText::parse(text(row)).filter(|time| time.offset.is_none()).map(|time| time.picos(*digits));
            let (picos, nulls) = rows.fill(time, wrong)?;
            Ok(column::times(*digits, picos, nulls))
        }
        Type::TimeTz(digits) => {
            let time = |row| {
                let time = TimeText::parse(text(row))?;
                let offset = time.offset.or_else(|| i16::try_from(clock.offset()).ok())?;
                Some((to_utc(time.picos(*digits), offset.into()), offset))
            };
            let (values, nulls) = rows.fill(time, wrong)?;
            Ok(column::times_with_zone(*digits, &values, nulls))
        }
        Type::Timestamp(digits) => {
            let timestamp = |row| {
                let timestamp = TimestampText::parse(text(row))?;
                timestamp.zone(clock.zone)?;
                timestamp.local(*digits)
            };
            let (moments, nulls) = rows.fill(timestamp, wrong)?;
            Ok(column::timestamps(*digits, &moments, nulls))
        }
        Type::TimestampTz(digits) => {
            let timestamp = |row| {
                let timestamp = TimestampText::parse(text(row))?;
                let zone = timestamp.zone(clock.zone)?;
                let instant = zone.instant(timestamp.local(*digits)?).filter(|instant| is_zoned_instant(*instant))?;
                Some(Zoned(instant, zone))
            };
            let (values, nulls) = rows.fill(timestamp, wrong)?;
            Ok(zoned(*digits, &values, nulls))
        }
        _ => Err(unknown(&Type::VARCHAR, to)),
    }
}

/// Values to values.
fn converted(values: &Column, from: &Type, to: &Type, clock: Clock, rows: &Rows<'_>) -> Result<ArrayRef> {
    let is_time = matches!(from, Type::Time(_) | Type::TimeTz(_));
    // A time is of today.
    let local = |row: usize| match from {
        Type::Date => Moment::from_day(values.day(row), 0),
        _ if is_time => Moment::from_day(clock.today(), values.local_time(row)),
        _ => Some(values.local(row)),
    };
    let out_of_range = |row: usize| {
        let millis = values.moment(row).millis();
        Error::new(ErrorKind::InvalidCast, format!("out of range for {to}: {millis}"))
    };
    match to {
        Type::Date => {
            let (days, nulls) = rows.fill(|row| i32::try_from(values.day(row)).ok(), out_of_range)?;
            Ok(column::dates(days, nulls))
        }
        Type::Time(digits) => {
            let (picos, nulls) = rows.fill(|row| Some(round_time(values.local_time(row), *digits)), out_of_range)?;
            Ok(column::times(*digits, picos, nulls))
        }
        Type::TimeTz(digits) => {
            let time = |row| {
                let offset = match from {
                    // Trino takes the offset at the instant that has the local time in UTC.
                    Type::TimestampTz(_) => values.zone(row).offset_at(values.local(row)) / 60,
                    Type::TimeTz(_) => values.offset(row),
                    _ => clock.offset(),
                };
                Some((to_utc(round_time(values.local_time(row), *digits), offset), offset as i16))
            };
            let (values, nulls) = rows.fill(time, out_of_range)?;
            Ok(column::times_with_zone(*digits, &values, nulls))
        }
        Type::Timestamp(digits) => {
            let out_of_range = |row: usize| match from {
                Type::Date => {
                    let message = format!("Date cannot be represented as timestamp: {}", values.day(row));
                    Error::new(ErrorKind::NumericOutOfRange, message)
                }
                _ => out_of_range(row),
            };
            let (moments, nulls) = rows.fill(|row| local(row)?.round(*digits), out_of_range)?;
            Ok(column::timestamps(*digits, &moments, nulls))
        }
        Type::TimestampTz(digits) => {
            let timestamp = |row: usize| {
                Some(match from {
                    Type::TimestampTz(_) => Zoned(values.moment(row).round(*digits)?, values.zone(row)),
                    Type::TimeTz(_) => {
                        Zoned(Moment::from_day(clock.today(), values.time(row))?.round(*digits)?, values.zone(row))
                    }
                    _ => Zoned(clock.zone.instant(local(row)?.round(*digits)?)?, clock.zone),
                })
            };
            let in_range = |row| timestamp(row).filter(|Zoned(instant, _)| is_zoned_instant(*instant));
            // Trino tells the instant, which is not what the clocks of the zone show.
            let too_far = |row| match timestamp(row) {
                Some(Zoned(instant, _)) => {
                    let millis = instant.millis();
                    Error::new(ErrorKind::InvalidCast, format!("out of range for timestamp with time zone: {millis}"))
                }
                None => out_of_range(row),
            };
            let (values, nulls) = rows.fill(in_range, too_far)?;
            Ok(zoned(*digits, &values, nulls))
        }
        _ => Err(unknown(from, to)),
    }
}

/// Values to text.
fn text(array: &ArrayRef, from: &Type) -> Result<ArrayRef> {
    let nulls = array.logical_nulls();
    let print: Printer<'_> = match from {
        Type::YearMonth => {
            let months = array.as_primitive_opt::<IntervalYearMonthType>().ok_or_else(|| unknown(from, &Type::VARCHAR))?;
            Box::new(|row, out| print::year_to_month(months.value(row), out))
        }
        Type::DayTime => {
            let millis = array.as_primitive_opt::<DurationMillisecondType>().ok_or_else(|| unknown(from, &Type::VARCHAR))?;
            Box::new(|row, out| print::day_to_second(millis.value(row), out))
        }
        _ => printer(Column::of(array, from)?, from)?,
    };
    let mut texts = StringViewBuilder::with_capacity(array.len());
    let mut out = String::new();
    for row in 0..array.len() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            texts.append_null();
            continue;
        }
        out.clear();
        print(row, &mut out);
        texts.append_value(&out);
    }
    Ok(Arc::new(texts.finish()))
}

/// Appends the text of the value in a row, which is not NULL.
pub(crate) type Printer<'a> = Box<dyn Fn(usize, &mut String) + Send + Sync + 'a>;

/// What appends the text of a value that is not NULL.
///
/// Errors: `Internal` for a type that is no date, time or timestamp.
pub(crate) fn printer<'a>(values: Column, r#type: &Type) -> Result<Printer<'a>> {
    Ok(match *r#type {
        Type::Date => Box::new(move |row, out| print::date(values.day(row), out)),
        Type::Time(digits) => Box::new(move |row, out| print::time(values.time(row), digits, out)),
        Type::TimeTz(digits) => Box::new(move |row, out| {
            print::time_with_zone(values.local_time(row), values.offset(row) as i16, digits, out);
        }),
        Type::Timestamp(digits) => Box::new(move |row, out| print::timestamp(values.moment(row), digits, out)),
        Type::TimestampTz(digits) => Box::new(move |row, out| {
            print::timestamp_with_zone(values.moment(row), values.zone(row), digits, out);
        }),
        _ => return Err(unknown(r#type, &Type::VARCHAR)),
    })
}

/// Picoseconds since midnight in UTC, of what clocks show.
fn to_utc(local: i64, offset: i64) -> i64 {
    (local - offset * 60 * PICOS_PER_SECOND).rem_euclid(PICOS_PER_DAY)
}

/// An instant and its zone; some default for rows that are NULL.
#[derive(Clone, Copy)]
struct Zoned(Moment, Zone);

impl Default for Zoned {
    fn default() -> Self {
        Self(Moment::default(), Zone::UTC)
    }
}

fn zoned(digits: u8, values: &[Zoned], nulls: Option<NullBuffer>) -> ArrayRef {
    let pairs: Vec<_> = values.iter().map(|Zoned(instant, zone)| (*instant, *zone)).collect();
    column::timestamps_with_zone(digits, &pairs, nulls)
}

/// The rows of a cast.
struct Rows<'a> {
    count: usize,
    nulls: Option<&'a NullBuffer>,
    r#try: bool,
}

impl Rows<'_> {
    /// A value for each row that is not NULL. Where there is none: `wrong`, or NULL.
    fn fill<T: Default>(
        &self,
        value: impl Fn(usize) -> Option<T>,
        wrong: impl Fn(usize) -> Error,
    ) -> Result<(Vec<T>, Option<NullBuffer>)> {
        let mut values = Vec::with_capacity(self.count);
        let mut valid = NullBufferBuilder::new(self.count);
        for row in 0..self.count {
            let made = if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
                None
            } else {
                let made = value(row);
                if made.is_none() && !self.r#try {
                    return Err(wrong(row));
                }
                made
            };
            valid.append(made.is_some());
            values.push(made.unwrap_or_default());
        }
        Ok((values, valid.finish()))
    }
}

fn cannot(text: &str, to: &Type) -> Error {
    let to = match to {
        Type::Time(_) | Type::TimeTz(_) => "time",
        Type::Timestamp(_) | Type::TimestampTz(_) => "timestamp",
        _ => "date",
    };
    Error::new(ErrorKind::InvalidCast, format!("value cannot be cast to {to}: {text}"))
}

fn unknown(from: &Type, to: &Type) -> Error {
    Error::internal(format!("no cast of temporal types from {from} to {to}"))
}

/// A literal `TIMESTAMP '…'`, `TIME '…'` or `DATE '…'`: its type is in its text.
///
/// Errors: `InvalidLiteral` where the text is none, `NotSupported` for more digits than a type can have.
pub(crate) fn literal(keyword: &str, text: &str, clock: Clock) -> Result<(Type, ArrayRef)> {
    let upper = keyword.to_ascii_uppercase();
    let wrong = || Error::new(ErrorKind::InvalidLiteral, format!("'{text}' is not a valid {upper} literal"));
    let too_many = |digits: u8| Error::not_supported(format!("{upper} precision must be in range [0, 12]: {digits}"));
    Ok(match upper.as_str() {
        "DATE" => (Type::Date, column::dates(vec![parse::date(text.trim_matches(|c: char| c <= ' ')).ok_or_else(wrong)?], None)),
        "TIME" => {
            let time = TimeText::parse(text).ok_or_else(wrong)?;
            let (digits, picos) = (time.precision(), time.picos(MAX_PRECISION));
            match time.offset {
                None => (Type::Time(digits), column::times(digits, vec![picos], None)),
                Some(offset) => {
                    let value = (to_utc(picos, offset.into()), offset);
                    (Type::TimeTz(digits), column::times_with_zone(digits, &[value], None))
                }
            }
        }
        _ => {
            let timestamp = TimestampText::parse(text).ok_or_else(wrong)?;
            let digits = timestamp.precision();
            if digits > MAX_PRECISION {
                return Err(too_many(digits));
            }
            let local = timestamp.local(digits).ok_or_else(wrong)?;
            match timestamp.zone {
                None => (Type::Timestamp(digits), column::timestamps(digits, &[local], None)),
                Some(_) => {
                    let zone = timestamp.zone(clock.zone).ok_or_else(wrong)?;
                    let instant = zone.shown(local).flatten().filter(|instant| is_zoned_instant(*instant)).ok_or_else(wrong)?;
                    (Type::TimestampTz(digits), column::timestamps_with_zone(digits, &[(instant, zone)], None))
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        // 2020-05-01 01:02:03 in UTC.
        Clock {
            zone: Zone::parse("+08:35").unwrap(),
            start: Moment { micros: 1_588_294_923_000_000, picos: 0 },
            pads_chars: true,
        }
    }

    fn through(keyword: &str, text: &str, to: &str) -> String {
        let (from, array) = literal(keyword, text, clock()).unwrap();
        let to = Type::parse(to).unwrap();
        assert!(can_cast(&from, &to), "{from} {to}");
        match cast(&array, &from, &to, clock(), false) {
            Ok(array) => printed(&array, &to),
            Err(error) => error.to_string(),
        }
    }

    fn printed(array: &ArrayRef, r#type: &Type) -> String {
        let text = cast(array, r#type, &Type::VARCHAR, clock(), false).unwrap();
        text.as_string_view().iter().next().flatten().unwrap_or("NULL").to_string()
    }

    #[test]
    fn between_types() {
        for (keyword, text, to, expected) in [
            ("timestamp", "2020-05-01 23:59:59.9999999", "time(0)", "00:00:00"),
            ("timestamp", "2020-05-01 12:34:56.111111111111", "time(10) with time zone", "12:34:56.1111111111+08:35"),
            ("timestamp", "2020-05-01 12:34:56.5555", "timestamp(1)", "2020-05-01 12:34:56.6"),
            ("timestamp", "2020-05-01 12:34:56.1", "timestamp(12) with time zone", "2020-05-01 12:34:56.100000000000 +08:35"),
            ("timestamp", "2020-05-01 12:34:56.9", "date", "2020-05-01"),
            ("timestamp", "2020-05-01 23:00:00 Asia/Kathmandu", "date", "2020-05-01"),
            ("timestamp", "2020-05-01 12:34:56.55555 Asia/Kathmandu", "time(1) with time zone", "12:34:56.6+05:45"),
            ("timestamp", "2020-05-01 12:34:56.111111111111 Asia/Kathmandu", "timestamp(2)", "2020-05-01 12:34:56.11"),
            ("time", "12:34:56.1111111111", "time(2) with time zone", "12:34:56.11+08:35"),
            ("time", "12:34:56.11111+08:35", "time(3)", "12:34:56.111"),
            ("time", "00:00:00.123456789+14:00", "time(9) with time zone", "00:00:00.123456789+14:00"),
            ("time", "12:34:56.5", "timestamp(3)", "2020-05-01 12:34:56.500"),
            ("time", "12:34:56+01:00", "timestamp(0) with time zone", "2020-05-01 12:34:56 +01:00"),
            ("date", "2020-05-01", "timestamp(3) with time zone", "2020-05-01 00:00:00.000 +08:35"),
            (
                "timestamp",
                "-123001-05-01 12:34:56",
                "timestamp(3) with time zone",
                "INVALID_CAST_ARGUMENT: out of range for timestamp with time zone: -3943693425604000",
            ),
        ] {
            assert_eq!(through(keyword, text, to), expected, "{keyword} '{text}' to {to}");
        }
    }

    #[test]
    fn from_text() {
        for (text, to, expected) in [
            (" 2020-05-10 12:34:56.5 ", "timestamp(0)", "2020-05-10 12:34:57"),
            ("2001-1-22 +07:09", "timestamp(3)", "2001-01-22 00:00:00.000"),
            ("2020-05-10 xxx", "timestamp(3)", "INVALID_CAST_ARGUMENT: value cannot be cast to timestamp: 2020-05-10 xxx"),
            ("2020-05-10 12:00", "timestamp(3) with time zone", "2020-05-10 12:00:00.000 +08:35"),
            ("2020-03-08 02:30 America/New_York", "timestamp(0) with time zone", "2020-03-08 03:30:00 America/New_York"),
            ("12:34:56.555555555555+08:35", "time(7) with time zone", "12:34:56.5555556+08:35"),
            ("xxx", "time(3)", "INVALID_CAST_ARGUMENT: value cannot be cast to time: xxx"),
            ("2013-02-30", "date", "INVALID_CAST_ARGUMENT: value cannot be cast to date: 2013-02-30"),
        ] {
            let array: ArrayRef = Arc::new(StringViewArray::from(vec![text]));
            let to = Type::parse(to).unwrap();
            let got = match cast(&array, &Type::VARCHAR, &to, clock(), false) {
                Ok(array) => printed(&array, &to),
                Err(error) => error.to_string(),
            };
            assert_eq!(got, expected, "'{text}' to {to}");
            let tried = cast(&array, &Type::VARCHAR, &to, clock(), true).unwrap();
            assert_eq!(tried.is_null(0), expected.starts_with("INVALID"), "{text}");
        }
    }

    #[test]
    fn literals_have_the_precision_of_their_text() {
        for (keyword, text, expected) in [
            ("timestamp", "2020-05-01 12:34:56.123", Ok("timestamp(3)")),
            ("timestamp", "2020-05-01", Ok("timestamp(0)")),
            ("timestamp", "2020-05-01 UTC", Ok("timestamp(0) with time zone")),
            ("time", "12:34:56.1234567", Ok("time(7)")),
            ("time", "12:34:56 +08:35", Ok("time(0) with time zone")),
            ("date", "2013-2-2", Ok("date")),
            ("timestamp", "xxx", Err("INVALID_LITERAL: 'xxx' is not a valid TIMESTAMP literal")),
            (
                "timestamp",
                "2020-05-01 12:34:56.1234567890123",
                Err("NOT_SUPPORTED: TIMESTAMP precision must be in range [0, 12]: 13"),
            ),
            (
                "timestamp",
                "123001-01-02 03:04:05.321 Europe/Berlin",
                Err("INVALID_LITERAL: '123001-01-02 03:04:05.321 Europe/Berlin' is not a valid TIMESTAMP literal"),
            ),
            (
                "timestamp",
                "2020-03-08 02:30 America/New_York",
                Err("INVALID_LITERAL: '2020-03-08 02:30 America/New_York' is not a valid TIMESTAMP literal"),
            ),
        ] {
            let got = literal(keyword, text, clock()).map(|(r#type, _)| r#type.to_string()).map_err(|error| error.to_string());
            assert_eq!(got.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }
}
