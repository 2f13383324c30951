"""The small lake that most tests query: objects in a bucket, and tables over them that Athena's DDL made."""

from dataclasses import dataclass

MANY = 2500
"""Rows of the table `many`: three pages of results."""

DAYS = ("2024-05-01", "2024-05-02", "2024-05-03")

TYPES = (
    '{"b": true, "ti": 127, "si": 32767, "i": 2147483647, "l": 9223372036854775807, "f": 0.5, "d": 0.25, "s": "a string",'
    ' "v": "varchar", "ts": "2017-01-01 00:00:00.000", "dt": "2017-01-02", "a": [1, 2], "m": {"1": 2, "3": 4},'
    ' "r": {"a": 1, "b": 2}, "n": 0.1}\n'
)

TABLES = (
    """CREATE EXTERNAL TABLE {db}.ticks (symbol string COMMENT 'who', price double, volume bigint, note string)
       COMMENT 'prices' PARTITIONED BY (day string)
       ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{bucket}/ticks/'""",
    "MSCK REPAIR TABLE {db}.ticks",
    """CREATE EXTERNAL TABLE {db}.many (id int, name string)
       ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://{bucket}/many/'
       TBLPROPERTIES ('skip.header.line.count' = '1')""",
    """CREATE EXTERNAL TABLE {db}.types (b boolean, ti tinyint, si smallint, i int, l bigint, f float, d double, s string,
         v varchar(10), ts timestamp, dt date, a array<int>, m map<int,int>, r struct<a:int,b:int>, n decimal(10,1))
       ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{bucket}/types/'""",
    "CREATE VIEW {db}.high AS SELECT symbol, price FROM {db}.ticks WHERE price > 100",
)


@dataclass
class Lake:
    """Where the small lake is."""

    bucket: str
    database: str

    @property
    def output(self):
        """Where results may be written."""
        return f"s3://{self.bucket}/results/"


def make(s3, statements, bucket):
    """Puts the objects and makes the tables; gives the lake."""
    made = Lake(bucket, bucket.replace("-", "_"))
    s3.create_bucket(Bucket=bucket)
    for number, day in enumerate(DAYS):
        rows = (
            f'{{"symbol": "AAPL", "price": {100.5 + number}, "volume": {10 * number}, "note": "a, \\"b\\""}}\n'
            f'{{"symbol": "MSFT", "price": {50.25 + number}, "volume": null, "note": ""}}\n'
        )
        s3.put_object(Bucket=bucket, Key=f"ticks/day={day}/part-0.json", Body=rows.encode())
    many = "id,name\n" + "".join(f"{row},n{row}\n" for row in range(MANY))
    s3.put_object(Bucket=bucket, Key="many/many.csv", Body=many.encode())
    s3.put_object(Bucket=bucket, Key="types/types.json", Body=TYPES.encode())
    statements.succeed(f"CREATE DATABASE {made.database}")
    for statement in TABLES:
        statements.succeed(statement.format(db=made.database, bucket=bucket))
    return made
