//! What the dates of agreements ask for: a review that is past, a term that ends, a service that nobody provides from a day
//! on. And the table `agreement_notice`: of which of it each party was told.

use diesel::prelude::*;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::{Agreement, State};
use crate::platform::schema::agreement_notice;
use crate::platform::{Result, Tx};

/// How many days before the last one for notice an ending term is told of first.
pub const MARGIN_DAYS: i64 = 30;
/// How many days before its end it is told of again.
pub const LAST_DAYS: i64 = 30;
/// For how many days after its end a service that nobody provides any more is still told of.
pub const AFTER_DAYS: i64 = 92;

/// What both parties are told of an agreement, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Both should have looked at it again.
    Review,
    /// Its term ends, and there is time to give notice or to agree on what follows.
    Ending,
    /// Its term ends within [`LAST_DAYS`].
    LastDays,
}

impl Notice {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Notice::Review => "review",
            Notice::Ending => "ending",
            Notice::LastDays => "last-days",
        }
    }
}

/// A service that nobody provides for its council from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapse {
    /// The place in the list of the agreement under which somebody did until then.
    pub at: usize,
    /// The service's slug.
    pub service: String,
    /// The first day without.
    pub from: Date,
}

impl Agreement {
    /// The last day on which notice ends it with its term.
    #[must_use]
    pub fn notice_by(&self) -> Date {
        self.term.until.saturating_sub(i64::from(self.running.notice_days).days())
    }

    /// The first day on which its end is told of.
    fn told_from(&self, until: Date) -> Date {
        until.saturating_sub((i64::from(self.running.notice_days) + MARGIN_DAYS).days())
    }

    /// What its dates ask for on a day. Of one that is not signed, is over, or that a later variation replaces, nothing.
    #[must_use]
    pub fn notices(&self, today: Date) -> Vec<Notice> {
        let mut notices = Vec::new();
        if !matches!(self.state(today), State::Signed | State::InForce) || self.replaced_from.is_some() {
            return notices;
        }
        if self.running.review_on.is_some_and(|day| day < today) {
            notices.push(Notice::Review);
        }
        if today >= self.term.until.saturating_sub(LAST_DAYS.days()) {
            notices.push(Notice::LastDays);
        } else if today >= self.told_from(self.term.until) {
            notices.push(Notice::Ending);
        }
        notices
    }
}

/// The services that nobody provides under an agreement of ours, or soon will not: from before notice has to be given until
/// [`AFTER_DAYS`] after, unless another agreement of the same consumer's has the service then. By the day.
#[must_use]
pub fn lapses(agreements: &[Agreement], today: Date) -> Vec<Lapse> {
    let mut lapses = Vec::new();
    for (at, agreement) in agreements.iter().enumerate() {
        let Some(binds) = agreement.binds() else { continue };
        let last = binds.until.saturating_add(AFTER_DAYS.days());
        if today < agreement.told_from(binds.until) || last < today {
            continue;
        }
        let day = binds.until.max(today);
        let goes_on = |slug: &str| {
            agreements.iter().any(|other| {
                other.consumer == agreement.consumer
                    && other.binds().is_some_and(|binds| binds.holds(day))
                    && other.services.iter().any(|service| service.slug == slug)
            })
        };
        let mut slugs: Vec<&str> = agreement.services.iter().map(|service| service.slug.as_str()).collect();
        slugs.dedup();
        let gone = slugs.into_iter().filter(|slug| !goes_on(slug));
        lapses.extend(gone.map(|slug| Lapse { at, service: slug.to_owned(), from: binds.until }));
    }
    lapses.sort_by_key(|lapse| lapse.from);
    lapses
}

/// Notes that the acting party was told of something; says whether it is told now for the first time.
///
/// # Errors
/// The database's.
pub fn tell(tx: &mut Tx<'_>, now: Timestamp, agreement: Uuid, notice: Notice) -> Result<bool> {
    let added = diesel::insert_into(agreement_notice::table)
        .values((
            agreement_notice::tenant_id.eq(tx.actor()),
            agreement_notice::agreement_id.eq(agreement),
            agreement_notice::kind.eq(notice.word()),
            agreement_notice::at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    Ok(added == 1)
}
