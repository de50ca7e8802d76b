//! Whether the statements are good ones: how many rows each reads for each that it shows, at this scale, as the server's
//! own role. A ratio says nothing about a statement that is slow on both sides.

use anyhow::Context;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

use super::capture::Script;
use super::seed::Cluster;

/// No table is read from end to end that holds more rows than this.
const LONGEST_SCAN: f64 = 1000.0;
/// For each row shown, or for a statement that shows none.
const ROWS_READ: f64 = 10.0;

/// What one statement read.
pub struct Plan {
    /// Its first words.
    pub statement: String,
    /// Rows taken from tables and indexes, those thrown away included.
    pub read: f64,
    /// Rows shown or written.
    pub shown: f64,
    /// Blocks of 8 kB touched.
    pub blocks: f64,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// Examines the statements of one request, with the plan for unknown values and with the plan for these, in a transaction
/// that is undone. `n` is the number of a draft that nothing else uses.
pub fn examine(cluster: &Cluster, script: &Script, n: u64) -> anyhow::Result<Vec<Plan>> {
    let mut conn = PgConnection::establish(&cluster.measured_url("moothall_app"))?;
    let mut plans: Vec<Plan> = Vec::new();
    for mode in ["force_generic_plan", "force_custom_plan"] {
        conn.batch_execute(script.begin())?;
        conn.batch_execute(&format!("set local plan_cache_mode = {mode}"))?;
        let mut found = Vec::new();
        for (prepare, execute) in script.for_explain(0, n) {
            conn.batch_execute(&prepare)?;
            found.push(explain(&mut conn, &prepare, &execute)?);
        }
        conn.batch_execute("rollback; deallocate all")?;
        if plans.is_empty() {
            plans = found;
        } else {
            for (plan, other) in plans.iter_mut().zip(found) {
                plan.read = plan.read.max(other.read);
                plan.faults.extend(other.faults);
            }
        }
    }
    Ok(plans)
}

fn explain(conn: &mut PgConnection, prepare: &str, execute: &str) -> anyhow::Result<Plan> {
    let lines: Vec<Line> =
        diesel::sql_query(format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {execute}")).load(conn)?;
    let text: String = lines.into_iter().map(|l| l.line).collect();
    let explained: Value = serde_json::from_str(&text)?;
    let root = explained.pointer("/0/Plan").context("a plan has a root")?;
    let statement = prepare.split_once(" AS ").map_or(prepare, |(_, sql)| sql).to_owned();
    let writes = number(root, "Actual Rows") == 0.0 && !statement.to_ascii_lowercase().starts_with("select");
    let shown = if writes { 1.0 } else { number(root, "Actual Rows") };
    let blocks = number(root, "Shared Hit Blocks") + number(root, "Shared Read Blocks");
    let mut plan = Plan { statement, read: 0.0, shown, blocks, faults: Vec::new() };
    walk(root, &mut plan);
    if plan.read > ROWS_READ * plan.shown.max(1.0) {
        plan.faults.push(format!("reads {} rows to show {}: {text}", plan.read, plan.shown));
    }
    Ok(plan)
}

fn walk(node: &Value, plan: &mut Plan) {
    let kind = node.get("Node Type").and_then(Value::as_str).unwrap_or_default();
    let (each, loops) = (number(node, "Actual Rows"), number(node, "Actual Loops"));
    let thrown = number(node, "Rows Removed by Filter") + number(node, "Rows Removed by Index Recheck");
    let read = (each + thrown) * loops;
    // The rows of a bitmap are counted where they are fetched.
    if kind.ends_with("Scan") && kind != "Bitmap Index Scan" && node.get("Relation Name").is_some() {
        plan.read += read;
        if kind == "Seq Scan" && read > LONGEST_SCAN {
            let table = node.get("Relation Name").and_then(Value::as_str).unwrap_or_default();
            plan.faults.push(format!("reads {table} from end to end, {read} rows"));
        }
    }
    for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        walk(child, plan);
    }
}

fn number(node: &Value, key: &str) -> f64 {
    node.get(key).and_then(Value::as_f64).unwrap_or_default()
}
