//! `src/platform/schema.rs` is what the migrations make. `make schema` (`UPDATE_SCHEMA=1`) writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};

use crate::harness::Database;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    firm: bool,
    #[diesel(sql_type = Array<Text>)]
    key: Vec<String>,
}

#[test]
fn the_schema_is_what_the_migrations_make() {
    let made = generate(&mut Database::empty().connect("postgres"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/schema.rs");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(path, made).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(path).unwrap() == made,
        "src/platform/schema.rs is not what the migrations make: make schema"
    );
}

fn generate(conn: &mut PgConnection) -> String {
    let columns: Vec<Column> = diesel::sql_query(
        "select c.relname::text as table, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as kind, a.attnotnull as firm,
           array(select k.attname::text from pg_index i cross join lateral unnest(i.indkey) with ordinality at(num, place)
                 join pg_attribute k on k.attrelid = c.oid and k.attnum = at.num
                 where i.indrelid = c.oid and i.indisprimary order by at.place) as key
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname not like '\\_\\_%'
         order by c.relname, a.attnum",
    )
    .load(conn)
    .unwrap();
    let mut tables: BTreeMap<&str, Vec<&Column>> = BTreeMap::new();
    for column in &columns {
        tables.entry(&column.table).or_default().push(column);
    }
    let mut code =
        String::from("//! Generated from the migrated database by `make schema`; a test compares the two.\n");
    for (table, columns) in &tables {
        write!(code, "\ndiesel::table! {{\n    {table} ({}) {{\n", columns[0].key.join(", ")).unwrap();
        for column in columns {
            let kind = rust_type(&column.kind);
            let kind = if column.firm { kind.to_owned() } else { format!("Nullable<{kind}>") };
            writeln!(code, "        {} -> {kind},", column.name).unwrap();
        }
        code.push_str("    }\n}\n");
    }
    code.push_str("\ndiesel::allow_tables_to_appear_in_same_query!(\n");
    for table in tables.keys() {
        writeln!(code, "    {table},").unwrap();
    }
    code.push_str(");\n");
    code
}

fn rust_type(kind: &str) -> &'static str {
    match kind {
        "uuid" => "Uuid",
        "text" => "Text",
        "smallint" => "Int2",
        "integer" => "Int4",
        "bigint" => "Int8",
        "boolean" => "Bool",
        "jsonb" => "Jsonb",
        "timestamp with time zone" => "Timestamptz",
        "date" => "Date",
        "bytea" => "Bytea",
        kind => panic!("name the diesel type of {kind} here"),
    }
}
