//! What an agreement says, and what follows from its signatures and its term.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ServiceLevel, ServicePart, Term};
use crate::kernel::time::any_date;
use crate::kernel::{AuthorityId, Month, billing_date};

/// What kind of agreement it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One provides for the other, and bills what is counted.
    #[default]
    Supply,
    /// Several spend together and share it; the provider is their lead, and every other member its consumer.
    CostShare,
    /// One spends for the other and passes it on at cost.
    OnBehalf,
}

impl Kind {
    /// The word in files and in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Supply => "supply",
            Kind::CostShare => "cost_share",
            Kind::OnBehalf => "on_behalf",
        }
    }

    /// Of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Kind> {
        [Kind::Supply, Kind::CostShare, Kind::OnBehalf].into_iter().find(|kind| kind.word() == word)
    }
}

/// The data-protection schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProtection {
    /// `controller`, `joint controller` or `processor`.
    pub consumer_role: String,
    /// Likewise.
    pub provider_role: String,
    /// What the personal data are used for.
    pub purpose: String,
    /// Whose data they are.
    pub data_subjects: Vec<String>,
    /// What is held about them.
    pub data_categories: Vec<String>,
    /// Who else the processor gives them to.
    pub sub_processors: Vec<SubProcessor>,
    /// Whom to tell of a breach, by e-mail or telephone.
    pub breach_contact: String,
    /// How soon, in hours.
    pub breach_notice_hours: u16,
    /// What happens to the data when the agreement ends.
    pub end_of_term: String,
}

/// How an agreement is run from month to month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Working days on which the consumer may read a bill's drafts before they are issued; 0 where bills are issued at once.
    #[serde(default = "Running::usual_days")]
    pub bill_review_days: u16,
    /// Whether a bill without the consumer's order number is not to be sent.
    #[serde(default)]
    pub order_required: bool,
    /// By when both look at the agreement again.
    #[serde(default, deserialize_with = "any_date")]
    pub review_on: Option<Date>,
    /// How many days' notice ends it.
    #[serde(default = "Running::usual_notice")]
    pub notice_days: u16,
    /// Whom to ask, on either side.
    #[serde(default, rename = "contact")]
    pub contacts: Vec<Contact>,
}

/// Whom to ask about an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The slug of the party that they are of.
    pub party: String,
    /// Their name.
    pub name: String,
    /// Their office.
    pub office: String,
    /// Their e-mail address.
    pub email: String,
}

impl Running {
    fn usual_days() -> u16 {
        5
    }

    fn usual_notice() -> u16 {
        180
    }
}

impl Default for Running {
    fn default() -> Running {
        Running {
            bill_review_days: Running::usual_days(),
            order_required: false,
            review_on: None,
            notice_days: Running::usual_notice(),
            contacts: Vec::new(),
        }
    }
}

/// Somebody who processes data for the processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubProcessor {
    /// Its name.
    pub name: String,
    /// What it does with the data.
    pub purpose: String,
    /// Where.
    pub location: String,
}

/// What state an agreement is in on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Put forward; one party or neither has signed.
    Offered,
    /// Signed by both, its term has not begun.
    Signed,
    /// Signed by both and within its term.
    InForce,
    /// Another variation has taken its place.
    Replaced,
    /// Its term is over.
    Ended,
}

impl State {
    /// As shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Offered => "Offered",
            State::Signed => "Signed",
            State::InForce => "In force",
            State::Replaced => "Replaced",
            State::Ended => "Ended",
        }
    }
}

/// One variation of an agreement, as both parties read it.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// Its id.
    pub id: Uuid,
    /// Who is provided for; its tenant.
    pub consumer: AuthorityId,
    /// Who provides.
    pub provider: AuthorityId,
    /// What both call it.
    pub reference: String,
    /// 1 for the first text under that reference.
    pub variation: i32,
    /// What kind it is.
    pub kind: Kind,
    /// What it is about.
    pub title: String,
    /// The power under which they agree.
    pub legal_basis: String,
    /// Days from issue until a bill is due.
    pub payment_terms_days: i32,
    /// The consumer's order number.
    pub purchase_order: Option<String>,
    /// From when until when.
    pub term: Term,
    /// How it is run.
    pub running: Running,
    /// The data-protection schedule.
    pub data_protection: DataProtection,
    /// Of everything that is signed, the prices among it.
    pub content_hash: String,
    /// What is provided and counted.
    pub services: Vec<ServicePart>,
    /// What is promised of that.
    pub service_levels: Vec<ServiceLevel>,
    /// Signatures given for this content, in the order recorded.
    pub signatures: Vec<Signature>,
    /// The day a later variation takes its place.
    pub replaced_from: Option<Date>,
}

/// A party's signature.
#[derive(Clone, Debug)]
pub struct Signature {
    /// For which authority.
    pub party: AuthorityId,
    /// Who signed.
    pub name: String,
    /// Their office.
    pub office: String,
    /// On which day.
    pub signed_on: Date,
    /// Where the paper is; none for one given here.
    pub document: Option<String>,
    /// When it was recorded here.
    pub recorded_at: Timestamp,
}

impl Agreement {
    /// The signature of one party.
    #[must_use]
    pub fn signed_by(&self, party: AuthorityId) -> Option<&Signature> {
        self.signatures.iter().find(|s| s.party == party)
    }

    /// The day from which it binds; none until both have signed.
    #[must_use]
    pub fn takes_effect(&self) -> Option<Date> {
        let last = self.signed_by(self.provider)?.recorded_at.max(self.signed_by(self.consumer)?.recorded_at);
        Some(takes_effect(self.variation, self.term.from, last))
    }

    /// The days on which it binds: its term, cut short where a later variation takes its place. None until both have
    /// signed, or where it never bound.
    #[must_use]
    pub fn binds(&self) -> Option<Term> {
        let until = self.replaced_from.map_or(self.term.until, |day| day.min(self.term.until));
        self.takes_effect().filter(|from| *from < until).map(|from| Term { from, until })
    }

    /// Its state on a day.
    #[must_use]
    pub fn state(&self, on: Date) -> State {
        match self.takes_effect() {
            _ if on >= self.term.until => State::Ended,
            None => State::Offered,
            Some(_) if self.replaced_from.is_some_and(|day| on >= day) => State::Replaced,
            Some(from) if on < from => State::Signed,
            Some(_) => State::InForce,
        }
    }

    /// The other party, as one of them sees it.
    #[must_use]
    pub fn partner_of(&self, me: AuthorityId) -> AuthorityId {
        if me == self.provider { self.consumer } else { self.provider }
    }
}

/// An agreement of the same consumer's, under another reference or with another provider, that names one of these services
/// on a day of the term, and which service: a case has one handler and one price.
#[must_use]
pub fn overlap<'a>(
    all: &'a [Agreement],
    (provider, consumer, reference): (AuthorityId, AuthorityId, &str),
    services: &[ServicePart],
    term: Term,
) -> Option<(&'a Agreement, &'a ServicePart, Term)> {
    let others =
        all.iter().filter(|a| a.consumer == consumer && (a.provider, a.reference.as_str()) != (provider, reference));
    others.filter_map(|a| Some((a, a.binds()?))).find_map(|(a, binds)| {
        let shared = a.services.iter().find(|theirs| services.iter().any(|mine| mine.slug == theirs.slug));
        shared.filter(|_| binds.from < term.until && term.from < binds.until).map(|service| (a, service, binds))
    })
}

/// The first text of an agreement binds from its first day, however late its paper was recorded here. A variation binds
/// from the month after the last signature was recorded, so that no month has two sets of terms and none that may be
/// billed already gets new ones.
pub(super) fn takes_effect(variation: i32, term_from: Date, last_recorded: Timestamp) -> Date {
    if variation == 1 { term_from } else { term_from.max(Month::of(billing_date(last_recorded)).until()) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn agreement(variation: i32, recorded: &[&str]) -> Agreement {
        let (consumer, provider) = (AuthorityId(Uuid::from_u128(1)), AuthorityId(Uuid::from_u128(2)));
        let signature = |(party, at): (AuthorityId, &&str)| Signature {
            party,
            name: "Helen Ashdown".to_owned(),
            office: "Director".to_owned(),
            signed_on: date(2026, 3, 12),
            document: None,
            recorded_at: at.parse().unwrap(),
        };
        Agreement {
            id: Uuid::from_u128(3),
            consumer,
            provider,
            reference: "A-1".to_owned(),
            variation,
            kind: Kind::Supply,
            title: String::new(),
            legal_basis: String::new(),
            payment_terms_days: 30,
            purchase_order: None,
            term: Term { from: date(2026, 4, 1), until: date(2029, 4, 1) },
            running: Running::default(),
            data_protection: DataProtection {
                consumer_role: String::new(),
                provider_role: String::new(),
                purpose: String::new(),
                data_subjects: Vec::new(),
                data_categories: Vec::new(),
                sub_processors: Vec::new(),
                breach_contact: String::new(),
                breach_notice_hours: 24,
                end_of_term: String::new(),
            },
            content_hash: String::new(),
            services: Vec::new(),
            service_levels: Vec::new(),
            signatures: [consumer, provider].into_iter().zip(recorded).map(signature).collect(),
            replaced_from: None,
        }
    }

    #[test]
    fn both_signatures_and_the_term_make_the_state() {
        let late = ["2026-06-10T09:00:00Z", "2026-06-30T23:30:00Z"];
        assert_eq!(agreement(1, &[]).state(date(2026, 5, 1)), State::Offered);
        assert_eq!(agreement(1, &late[..1]).state(date(2026, 5, 1)), State::Offered);
        assert_eq!(agreement(1, &late).state(date(2026, 3, 31)), State::Signed);
        assert_eq!(agreement(1, &late).state(date(2026, 4, 1)), State::InForce);
        assert_eq!(agreement(1, &late).state(date(2029, 4, 1)), State::Ended);
    }

    #[test]
    fn a_variation_binds_from_the_month_after_the_last_signature() {
        // 23:30Z on 30 June is July in London.
        let variation = agreement(2, &["2026-06-10T09:00:00Z", "2026-06-30T23:30:00Z"]);
        assert_eq!(variation.takes_effect(), Some(date(2026, 8, 1)));
        let replaced =
            Agreement { replaced_from: variation.takes_effect(), ..agreement(1, &["2026-01-01T00:00:00Z"; 2]) };
        assert_eq!(replaced.state(date(2026, 7, 31)), State::InForce);
        assert_eq!(replaced.state(date(2026, 8, 1)), State::Replaced);
        assert_eq!(replaced.binds(), Some(Term { from: date(2026, 4, 1), until: date(2026, 8, 1) }));
    }
}
