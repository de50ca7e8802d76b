//! What the citizen is told by mail. The outbox names only the case and the event; the words and the address are put
//! together when the message is sent, in the owner's scope, in the owner's name, whoever did the work.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store;
use crate::kernel::Language;
use crate::kernel::seal::Secret;
use crate::kernel::time::date_in;
use crate::notify::Outgoing;
use crate::platform::config::Config;
use crate::platform::outbox::Topic;
use crate::platform::{Result, Tx};
use crate::site::Texts;
use crate::tenancy::Authority;

/// Asks for the citizen to be told of an event.
#[derive(Debug, Serialize, Deserialize)]
pub struct News {
    /// Which case.
    pub case_id: Uuid,
    /// Which entry of its timeline.
    pub event_id: Uuid,
    /// What it is about.
    pub kind: NewsKind,
}

impl Topic for News {
    const NAME: &'static str = "cases.news";
}

/// What a message is about.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum NewsKind {
    /// The case was opened.
    Received,
    /// An officer wrote to the citizen.
    Update,
    /// The work is done.
    Resolved,
}

/// Puts the message together; none if there is no address to send it to.
///
/// # Errors
/// The database's.
pub fn compose(tx: &mut Tx<'_>, config: &Config, owner: &Authority, news: &News) -> Result<Option<Outgoing>> {
    let row = store::by_id(tx, news.case_id)?;
    let Some(to) = row.contact_email.clone() else { return Ok(None) };
    let language = Language::parse(&row.language).unwrap_or_default();
    let words = store::event_body(tx, news.event_id)?;
    let link = private_link(config, &config.secret, owner, news.case_id, &row.reference);
    let case = row.into_case();
    let (subject, body) = match news.kind {
        NewsKind::Received => ("mail-received-subject", "mail-received-body"),
        NewsKind::Update => ("mail-update-subject", "mail-update-body"),
        NewsKind::Resolved => ("mail-resolved-subject", "mail-resolved-body"),
    };
    let t = Texts::of(language);
    let due = date_in(language, case.due_on);
    let variables = [
        ("title", case.title.as_str()),
        ("reference", &case.reference),
        ("council", owner.names.name.of(language)),
        ("phone", &owner.contact.phone),
        ("due", &due),
        ("words", &words),
        ("link", &link),
    ];
    Ok(Some(Outgoing {
        case_id: Some(news.case_id),
        to,
        subject: t.with(subject, &variables),
        body: t.with(body, &variables),
        language,
    }))
}

fn private_link(config: &Config, secret: &Secret, owner: &Authority, case_id: Uuid, reference: &str) -> String {
    let token = super::track_token(secret, owner.id, case_id);
    let host = owner.hosts.first().map_or("localhost", String::as_str);
    config.link(host, &format!("/track/{reference}/{}", token.expose()))
}
