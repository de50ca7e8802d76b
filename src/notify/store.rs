//! The table `message`: what was asked for and what became of it, readable by its own authority only.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::Outgoing;
use crate::kernel::Language;
use crate::platform::schema::message;
use crate::platform::{Result, Tx};

/// How far a message has come.
pub(super) enum Stored {
    /// It is still to be sent, in these words: those of the first attempt.
    Waiting(Outgoing),
    /// The mail server has taken it.
    Sent,
    /// It never will.
    Refused,
}

/// Writes a message down, unless an earlier attempt did; says how far it has come.
pub(super) fn keep(tx: &mut Tx<'_>, id: Uuid, outgoing: Outgoing, asked_at: Timestamp) -> Result<Stored> {
    let added = diesel::insert_into(message::table)
        .values((
            message::tenant_id.eq(tx.tenant()),
            message::id.eq(id),
            message::case_id.eq(outgoing.case_id),
            message::recipient.eq(&outgoing.to),
            message::subject.eq(&outgoing.subject),
            message::body.eq(&outgoing.body),
            message::language.eq(outgoing.language.code()),
            message::created_at.eq(asked_at.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    if added == 1 {
        return Ok(Stored::Waiting(outgoing));
    }
    let (sent, refused, case_id, to, subject, body, language): (bool, bool, _, _, _, _, String) = message::table
        .find((tx.tenant(), id))
        .select((
            message::sent_at.is_not_null(),
            message::refused_at.is_not_null(),
            message::case_id,
            message::recipient,
            message::subject,
            message::body,
            message::language,
        ))
        .first(tx.conn)?;
    Ok(match (sent, refused) {
        (true, _) => Stored::Sent,
        (_, true) => Stored::Refused,
        _ => {
            let language = Language::parse(language.as_str()).unwrap_or_default();
            Stored::Waiting(Outgoing { case_id, to, subject, body, language })
        }
    })
}

/// The mail server has taken it.
pub(super) fn mark_sent(tx: &mut Tx<'_>, id: Uuid, now: Timestamp) -> Result<()> {
    diesel::update(message::table.find((tx.tenant(), id)).filter(message::sent_at.is_null()))
        .set(message::sent_at.eq(now.to_diesel()))
        .execute(tx.conn)?;
    Ok(())
}

/// The mail server never will take it.
pub(super) fn mark_refused(tx: &mut Tx<'_>, id: Uuid, why: &str, now: Timestamp) -> Result<()> {
    diesel::update(message::table.find((tx.tenant(), id)).filter(message::sent_at.is_null()))
        .set((message::refused_at.eq(now.to_diesel()), message::refusal.eq(why)))
        .execute(tx.conn)?;
    Ok(())
}

/// Erases what was written about a case.
pub(super) fn forget(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    let about = message::table.filter(message::tenant_id.eq(tx.actor())).filter(message::case_id.eq(case_id));
    diesel::delete(about).execute(tx.conn)?;
    Ok(())
}
