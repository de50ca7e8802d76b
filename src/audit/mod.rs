//! Who did and who looked: append-only, written in the same transaction as what it records.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use crate::kernel::{Actor, AuthorityId, new_id};
use crate::platform::schema::audit_entry;
use crate::platform::{Beside, Result, Tx, load_prepared};

/// One thing done or looked at.
pub struct Entry<'a> {
    /// `case.read`, `document.issue` …
    pub action: &'static str,
    /// `case`, `document`, `agreement`, `staff` …
    pub subject_kind: &'static str,
    /// Its id.
    pub subject_id: Uuid,
    /// What people call it: a case reference, a document number. No personal data.
    pub subject_label: &'a str,
    /// Why: `working the case`, or what the person gave as their reason.
    pub purpose: &'a str,
    /// Who handled the subject at that moment, where that is another authority than its owner.
    pub handler: Option<AuthorityId>,
}

/// Records it for the tenant whose rows are being worked on, by the authority that acts.
///
/// # Errors
/// The database's.
pub fn record(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, entry: &Entry<'_>) -> Result<()> {
    diesel::insert_into(audit_entry::table)
        .values((
            audit_entry::tenant_id.eq(tx.tenant()),
            audit_entry::id.eq(new_id(now)),
            audit_entry::actor_id.eq(tx.actor()),
            audit_entry::handler_id.eq(entry.handler),
            audit_entry::actor_name.eq(&by.authority_name),
            audit_entry::staff_id.eq(by.staff_id),
            audit_entry::by_name.eq(&by.name),
            audit_entry::action.eq(entry.action),
            audit_entry::subject_kind.eq(entry.subject_kind),
            audit_entry::subject_id.eq(entry.subject_id),
            audit_entry::subject_label.eq(entry.subject_label),
            audit_entry::purpose.eq(entry.purpose),
            audit_entry::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// An entry as both councils read it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_entry)]
pub struct Seen {
    /// Its id, which orders entries by time.
    pub id: Uuid,
    /// The authority's name at the time.
    pub actor_name: String,
    /// The person's.
    pub by_name: String,
    /// What they did.
    pub action: String,
    /// To what, as people call it.
    pub subject_label: String,
    /// Why.
    pub purpose: String,
    /// When.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub at: Timestamp,
}

/// The newest entries about a subject of the tenant whose rows are being worked on.
///
/// # Errors
/// The database's.
pub fn about(tx: &mut Tx<'_>, subject: Uuid, limit: i64) -> Result<Vec<Seen>> {
    Ok(audit_entry::table
        .filter(audit_entry::tenant_id.eq(tx.tenant()))
        .filter(audit_entry::subject_id.eq(subject))
        .order((audit_entry::at.desc(), audit_entry::id.desc()))
        .limit(limit)
        .select(Seen::as_select())
        .load(tx.conn)?)
}

/// The newest entries of the authority at work, those before an entry if one is given: read along the primary key.
///
/// # Errors
/// The database's.
pub fn newest(tx: &mut Tx<'_>, before: Option<Uuid>, limit: i64) -> Result<Vec<Seen>> {
    let mut query = audit_entry::table.filter(audit_entry::tenant_id.eq(tx.actor())).into_boxed();
    if let Some(before) = before {
        query = query.filter(audit_entry::id.lt(before));
    }
    Ok(query.order(audit_entry::id.desc()).limit(limit).select(Seen::as_select()).load(tx.conn)?)
}

/// The newest entries of these actions about any of the subjects that a query finds, of the tenant whose rows are being worked
/// on; those before an entry if one is given.
///
/// # Errors
/// The database's.
pub fn about_any(
    tx: &mut Tx<'_>,
    subjects: impl QueryFragment<Pg> + Send + 'static,
    actions: &[&str],
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Seen>> {
    // The end that is after all of them, where none is given: the text is the same each time.
    let before = before.unwrap_or(Uuid::max());
    let of_them = audit_entry::table
        .filter(audit_entry::tenant_id.eq(tx.tenant()))
        .filter(Beside::among(audit_entry::subject_id, subjects))
        .filter(audit_entry::action.eq_any(actions))
        .filter(audit_entry::id.lt(before));
    let newest = of_them.order(audit_entry::id.desc()).limit(limit).select(Seen::as_select());
    Ok(load_prepared(tx.conn, newest)?)
}
