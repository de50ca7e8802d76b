//! What a request says to the database, taken from the database's own log, and said again by others.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use diesel::connection::SimpleConnection;
use uuid::Uuid;

use super::seed::Cluster;

/// One statement with what was bound to it, none for null.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    sql: String,
    bound: Vec<Option<String>>,
}

/// What one request said within its transaction.
type Said = Vec<Statement>;

/// The statements of a kind of request, with what differs from one request to the next left open.
pub struct Script {
    begin: String,
    statements: Vec<(String, Vec<Bound>)>,
    /// How many different requests it holds; none where each has new rows.
    variants: Option<usize>,
}

/// What is bound to a parameter.
enum Bound {
    /// The same in every request.
    Same(Option<String>),
    /// One for each of the requests that were seen.
    OneOf(Vec<Option<String>>),
    /// An id that no other request has: which of the request's ids.
    NewId(usize),
    /// A case's reference that no other request has.
    NewReference(String),
}

/// How the ids of a run's drafts are counted: draft `n` has this id, in SQL and here.
pub fn draft_id(n: u64) -> Uuid {
    Uuid::from_u128(0x0000_7000_8000_u128 << 48 | u128::from(n))
}

/// Runs requests one after the other and returns what each said as the application.
fn listen(cluster: &Cluster, requests: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Vec<Said>> {
    let mut conn = cluster.connect("postgres")?;
    let before = fs::read(cluster.log())?.len();
    conn.batch_execute("alter system set log_statement = 'all'")?;
    conn.batch_execute("select pg_reload_conf()")?;
    sleep(Duration::from_millis(500));
    let done = requests();
    conn.batch_execute("alter system reset log_statement")?;
    conn.batch_execute("select pg_reload_conf()")?;
    sleep(Duration::from_millis(500));
    done?;
    transactions(&cluster.log(), before)
}

fn transactions(log: &Path, from: usize) -> anyhow::Result<Vec<Said>> {
    let log = fs::read(log)?;
    let text = String::from_utf8_lossy(log.get(from..).unwrap_or_default()).into_owned();
    let mut all: Vec<Said> = Vec::new();
    let mut open = false;
    // A line that goes on has a tab in front.
    for line in text.replace("\n\t", " ").lines() {
        let Some(line) = line.strip_prefix("<moothall_app> ") else { continue };
        if let Some(sql) = line.strip_prefix("LOG:  statement: ") {
            if sql.starts_with("BEGIN") {
                open = true;
                all.push(vec![]);
            }
            if let Some(said) = all.last_mut().filter(|_| open) {
                said.push(Statement { sql: sql.to_owned(), bound: vec![] });
            }
            open &= sql != "COMMIT" && sql != "ROLLBACK";
        } else if let Some((_, sql)) = line.strip_prefix("LOG:  execute ").and_then(|rest| rest.split_once(": ")) {
            let said = all.last_mut().filter(|_| open).context("a statement outside any transaction")?;
            said.push(Statement { sql: sql.to_owned(), bound: vec![] });
        } else if let Some(bound) = line.strip_prefix("DETAIL:  parameters: ") {
            let last = all.last_mut().and_then(|said| said.last_mut()).context("parameters of no statement")?;
            last.bound = parameters(bound)?;
        }
    }
    Ok(all)
}

/// Reads `$1 = 'it''s', $2 = NULL`.
fn parameters(text: &str) -> anyhow::Result<Vec<Option<String>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(" = ") {
        if let Some(next) = after.strip_prefix("NULL") {
            found.push(None);
            rest = next;
            continue;
        }
        let mut value = String::new();
        let mut inside = after.strip_prefix('\'').context("a parameter is quoted")?;
        loop {
            let (part, next) = inside.split_once('\'').context("a quote is closed")?;
            value.push_str(part);
            match next.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    inside = more;
                }
                None => {
                    rest = next;
                    break;
                }
            }
        }
        found.push(Some(value));
    }
    Ok(found)
}

impl Script {
    /// The statements of requests that only read: as many variants as requests, which `request` makes by their number.
    pub fn of_reads(
        cluster: &Cluster,
        variants: usize,
        request: impl Fn(usize) -> anyhow::Result<()>,
    ) -> anyhow::Result<Script> {
        let said = listen(cluster, || (0..variants).try_for_each(&request))?;
        Script::new(&said, Some(variants), |values| match values.first() {
            // The present moment: any of them will do.
            Some(Some(first)) if first.parse::<jiff::Timestamp>().is_ok() => Bound::Same(Some(first.clone())),
            _ => Bound::OneOf(values.to_vec()),
        })
    }

    /// The statements of a request that writes, seen twice: ids and references differ, and are new each time.
    pub fn of_writes(
        cluster: &Cluster,
        drafts: [Uuid; 2],
        request: impl Fn(Uuid) -> anyhow::Result<()>,
    ) -> anyhow::Result<Script> {
        let said = listen(cluster, || drafts.into_iter().try_for_each(&request))?;
        let mut ids = vec![drafts[0]];
        Script::new(&said, None, |values| {
            let first = values.first().cloned().flatten().unwrap_or_default();
            if let Ok(id) = Uuid::try_parse(&first) {
                let known = ids.iter().position(|known| *known == id);
                return Bound::NewId(known.unwrap_or_else(|| {
                    ids.push(id);
                    ids.len() - 1
                }));
            }
            match first.split_once('-') {
                // `MAR-7K3Q-9F2TX`; the other things that differ are times and hashes, and their like will do.
                Some((prefix, rest)) if prefix.len() == 3 && rest.len() == 10 => Bound::NewReference(prefix.to_owned()),
                _ => Bound::Same(Some(first)),
            }
        })
    }

    fn new(
        said: &[Said],
        variants: Option<usize>,
        mut differs: impl FnMut(&[Option<String>]) -> Bound,
    ) -> anyhow::Result<Script> {
        let first = said.first().context("nothing was said to the database")?;
        let [begin, statements @ .., commit] = first.as_slice() else {
            bail!("a transaction has a beginning and an end");
        };
        ensure!(commit.sql == "COMMIT", "a request ended with {}", commit.sql);
        for other in said {
            let same = other.iter().map(|s| &s.sql).eq(first.iter().map(|s| &s.sql));
            ensure!(same, "two requests of a kind said different things:\n{first:#?}\n{other:#?}");
        }
        let mut open = Vec::new();
        for (at, statement) in statements.iter().enumerate() {
            let mut bound = Vec::new();
            for n in 0..statement.bound.len() {
                let values: Vec<Option<String>> =
                    said.iter().filter_map(|s| s.get(at + 1)?.bound.get(n)).cloned().collect();
                let same = values.iter().all(|v| Some(v) == values.first());
                bound.push(if same { Bound::Same(statement.bound[n].clone()) } else { differs(&values) });
            }
            open.push((statement.sql.clone(), bound));
        }
        Ok(Script { begin: begin.sql.clone(), statements: open, variants })
    }

    /// How the transaction begins.
    pub fn begin(&self) -> &str {
        &self.begin
    }

    /// The script for pgbench, and the variables that it is to be given. What the application sends in one message goes in
    /// one message here. Each transaction takes a variant by chance, or the next number: `first` and one of `clients`.
    pub fn for_pgbench(&self, clients: u32) -> (String, Vec<(String, String)>) {
        let mut text = match self.variants {
            Some(variants) => format!("\\set k random(1, {variants})\n"),
            None => format!("\\set n :first + :i * {clients} + :client_id\n\\set i :i + 1\n"),
        };
        text.push_str("\\startpipeline\n");
        for part in self.begin.split("; ") {
            let _ = writeln!(text, "{part};");
        }
        text.push_str("\\endpipeline\n");
        let mut variables = Vec::new();
        for (at, (sql, bound)) in self.statements.iter().enumerate() {
            let filled = fill(sql, |n| match bound.get(n) {
                Some(Bound::Same(Some(value))) => {
                    let name = format!("s{at}_{n}");
                    variables.push((name.clone(), value.clone()));
                    format!(":{name}")
                }
                Some(bound) => open_value(bound, ":k", ":n"),
                None => "NULL".to_owned(),
            });
            let _ = writeln!(text, "{filled};");
        }
        text.push_str("COMMIT;\n");
        (text, variables)
    }

    /// Each statement as a prepared one and its execution: `(prepare, execute)`, for one variant or new number.
    pub fn for_explain(&self, k: usize, n: u64) -> Vec<(String, String)> {
        let statement = |(at, (sql, bound)): (usize, &(String, Vec<Bound>))| {
            let values = bound.iter().map(|bound| match bound {
                Bound::Same(Some(value)) => quoted(value),
                Bound::OneOf(values) => match values.get(k) {
                    Some(Some(value)) => quoted(value),
                    _ => "NULL".to_owned(),
                },
                bound => open_value(bound, "", &n.to_string()),
            });
            let values: Vec<String> = values.collect();
            let given = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            (format!("PREPARE s{at} AS {sql}"), format!("EXECUTE s{at}{given}"))
        };
        self.statements.iter().enumerate().map(statement).collect()
    }

    /// Its statements as they are sent.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().map(|(sql, _)| sql.as_str())
    }
}

/// A value that differs from one request to the next, in SQL.
fn open_value(bound: &Bound, k: &str, n: &str) -> String {
    match bound {
        Bound::Same(_) => "NULL".to_owned(),
        Bound::OneOf(values) => {
            let is_id = values.iter().flatten().all(|v| Uuid::try_parse(v).is_ok());
            let list: Vec<String> = values
                .iter()
                .map(|v| v.as_ref().map_or("NULL".to_owned(), |v| format!("\"{}\"", v.replace(['\\', '"'], ""))))
                .collect();
            let kind = if is_id { "uuid[]" } else { "text[]" };
            format!("({}::{kind})[{k}::int]", quoted(&format!("{{{}}}", list.join(","))))
        }
        // See `draft_id`; the later ids of a request differ in their first part.
        Bound::NewId(which) => {
            format!("('{which:08x}-0000-7000-8000-' || lpad(to_hex({n}::bigint), 12, '0'))::uuid")
        }
        Bound::NewReference(prefix) => format!("'{prefix}-' || upper(substr(md5(({n}::bigint)::text), 1, 14))"),
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Puts something in the place of `$1`, `$2` …
fn fill(sql: &str, mut value: impl FnMut(usize) -> String) -> String {
    let mut text = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match after[..digits].parse::<usize>() {
            Ok(n) if n > 0 => text.push_str(&value(n - 1)),
            _ => text.push('$'),
        }
        rest = &after[digits..];
    }
    text.push_str(rest);
    text
}
