//! `/commercial/agreements`: every agreement we are party to, and each as both parties read it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::fields::SPEAKERS;
use super::{period, service_name};
use crate::agreements::{self, Agreement, Contact, Draft, Kind, Measure, Notice, ServiceLevel, Signature, State};
use crate::billing::{self, DocumentFilter, Heading, Price, Tariff};
use crate::forms::Services;
use crate::identity::{Role, Staff};
use crate::kernel::time::{long_date, long_moment};
use crate::kernel::{Pence, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Proof, Visit};
use crate::tenancy::Current;

#[derive(Template)]
#[template(path = "commercial/agreements.html")]
struct ListPage {
    p: Frame,
    rows: Vec<Row>,
}

struct Row {
    id: Uuid,
    reference: String,
    variation: i32,
    title: String,
    partner: String,
    is_ours: bool,
    term: String,
    state: State,
}

/// `GET /commercial/agreements`
pub(super) async fn list(visit: Visit) -> Result<HttpResponse> {
    let (me, all) = visit.staff(Role::COMMERCIAL, |tx, _| agreements::list(tx)).await?;
    let (directory, here, today) = (visit.site.directory.get(), visit.here.id, billing_date(visit.now));
    let rows = all.into_iter().map(|a| Row {
        partner: directory.name(a.partner_of(here)).to_owned(),
        is_ours: a.provider == here,
        term: period(a.term.from, a.term.until),
        state: a.state(today),
        id: a.id,
        reference: a.reference,
        variation: a.variation,
        title: a.title,
    });
    visit.ok(&ListPage { p: visit.staff_frame(Area::Commercial, &me), rows: rows.collect() })
}

#[derive(Template)]
#[template(path = "commercial/agreement.html")]
struct OnePage {
    p: Frame,
    /// What its dates ask for today.
    notices: Vec<Notice>,
    /// Each with its council's name.
    contacts: Vec<(String, Contact)>,
    agreement: Agreement,
    state: State,
    term: String,
    provider: String,
    consumer: String,
    is_ours: bool,
    services: Vec<Counted>,
    /// Each with the name of its service.
    levels: Vec<(String, ServiceLevel)>,
    tariffs: Vec<Prices>,
    parties: Vec<Party>,
    variations: Vec<(Uuid, i32, State)>,
    bills: Vec<Heading>,
    late_events: i64,
    /// Of the next variation, where we provide: by whom, and when it was saved.
    draft: Option<(String, String)>,
    may_propose: bool,
    signing: Signing,
    signer: String,
    sign_limit: Pence,
}

/// A service, and why a count of it is taken back.
struct Counted {
    name: String,
    meter: String,
    outcomes: Vec<String>,
    reversed_when: Vec<String>,
}

/// A tariff version, with its days.
struct Prices {
    version: i32,
    days: String,
    is_now: bool,
    rows: Vec<(Option<String>, Price)>,
}

/// A party and its signature, if it has signed.
struct Party {
    name: String,
    signature: Option<Signature>,
}

/// Signing, as the page offers it.
#[derive(Default)]
struct Signing {
    /// We have not signed yet, and it can still be signed.
    is_open: bool,
    /// This person may sign for so much.
    may: bool,
    /// What it commits the consumer to, whatever is counted.
    committed: Pence,
    demonstration: bool,
    office: String,
    /// A field, and the key of what is wrong with it.
    fault: Option<(&'static str, &'static str)>,
}

impl Signing {
    fn fault_of(&self, field: &str) -> Option<&'static str> {
        self.fault.filter(|(of, _)| *of == field).map(|(_, key)| key)
    }
}

/// What one transaction reads of an agreement.
struct Read {
    agreement: Agreement,
    all: Vec<Agreement>,
    tariffs: Vec<Tariff>,
    bills: Vec<Heading>,
    late_events: i64,
    draft: Option<Draft>,
}

fn read(tx: &mut Tx<'_>, id: Uuid) -> Result<Read> {
    let agreement = agreements::read(tx, id)?;
    Ok(Read {
        all: agreements::list(tx)?,
        tariffs: billing::tariffs_of(tx, id)?,
        bills: billing::documents(tx, DocumentFilter { agreement: Some(id), limit: 12, ..DocumentFilter::default() })?,
        late_events: billing::late_events(tx, &agreement)?,
        draft: agreements::draft(tx, &agreement)?,
        agreement,
    })
}

/// `GET /commercial/agreements/{agreement}`
pub(super) async fn one(visit: Visit, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let id = *id;
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, id)).await?;
    show(&visit, &me, found, &services.get(), Signing::default())
}

fn show(visit: &Visit, me: &Staff, found: Read, services: &Services, signing: Signing) -> Result<HttpResponse> {
    let Read { agreement, all, tariffs, bills, late_events, draft } = found;
    let (directory, here, today) = (visit.site.directory.get(), visit.here.id, billing_date(visit.now));
    let name = |slug: &str| service_name(services, agreement.consumer, slug);
    let counted = agreement.services.iter().map(|service| Counted {
        name: name(&service.slug),
        meter: service.meter.clone(),
        outcomes: service.outcomes.clone(),
        reversed_when: service.reversed_when.clone(),
    });
    let family = |a: &&Agreement| {
        (a.provider, a.consumer, &a.reference) == (agreement.provider, agreement.consumer, &agreement.reference)
    };
    let mut variations: Vec<_> = all.iter().filter(family).map(|a| (a.id, a.variation, a.state(today))).collect();
    variations.sort_by_key(|(_, variation, _)| *variation);
    let party =
        |party| Party { name: directory.name(party).to_owned(), signature: agreement.signed_by(party).cloned() };
    let contact = |contact: &Contact| {
        let council = directory.by_slug(&contact.party).map_or(contact.party.clone(), |council| council.name.clone());
        (council, contact.clone())
    };
    let committed = billing::committed(&tariffs, agreement.term)?;
    let signing = Signing {
        is_open: agreement.signed_by(here).is_none() && today < agreement.term.until,
        may: may_sign(me, committed),
        committed,
        demonstration: visit.site.demonstration,
        ..signing
    };
    let status = if signing.fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = OnePage {
        p: visit.staff_frame(Area::Commercial, me),
        state: agreement.state(today),
        term: period(agreement.term.from, agreement.term.until),
        provider: directory.name(agreement.provider).to_owned(),
        consumer: directory.name(agreement.consumer).to_owned(),
        is_ours: agreement.provider == here,
        services: counted.collect(),
        levels: agreement.service_levels.iter().map(|level| (name(&level.service), level.clone())).collect(),
        tariffs: tariffs.into_iter().map(|tariff| prices(tariff, today, name)).collect(),
        notices: agreement.notices(today),
        contacts: agreement.running.contacts.iter().map(contact).collect(),
        parties: vec![party(agreement.provider), party(agreement.consumer)],
        variations,
        bills,
        late_events,
        draft: draft.map(|draft| (draft.changed_by, long_moment(draft.changed_at))),
        may_propose: me.has(SPEAKERS),
        signing,
        signer: me.name.clone(),
        sign_limit: me.sign_limit,
        agreement,
    };
    visit.html(status, &page)
}

fn may_sign(me: &Staff, committed: Pence) -> bool {
    me.has(&[Role::Signatory]) && committed <= me.sign_limit
}

/// `POST /commercial/agreements/{agreement}/sign`: with password and code again, for exactly the text on the page.
pub(super) async fn sign(form: Posted, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let id = *id;
    let field = |name: &str| form.get(name).to_owned();
    let (office, content) = (field("office"), field("content"));
    let typed = office.clone();
    let (here, now, proof) = (visit.here.clone(), visit.now, Proof::sent(&form));
    let (me, refused) = visit
        .staff(&[Role::Signatory], move |tx, me| {
            let found = read(tx, id)?;
            if !may_sign(me, billing::committed(&found.tariffs, found.agreement.term)?) {
                return Err(Error::Denied("signatory"));
            }
            if office.is_empty() || office.chars().count() > 100 {
                return Ok(Some((found, ("office", "commercial-office-missing"))));
            }
            if !proof.holds(tx, me)? {
                return Ok(Some((found, ("password", "commercial-wrong-proof"))));
            }
            agreements::sign(tx, now, &me.actor(&here.name), id, &office, &content)?;
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other(&format!("/commercial/agreements/{id}#signatures")),
        Some((found, fault)) => {
            let signing = Signing { office: typed, fault: Some(fault), ..Signing::default() };
            show(visit, &me, found, &services.get(), signing)
        }
    }
}

fn prices(tariff: Tariff, today: jiff::civil::Date, name: impl Fn(&str) -> String) -> Prices {
    let service = |price: &Price| price.shape.counts().map(|of| name(&of.service));
    Prices {
        version: tariff.version,
        days: period(tariff.days.from, tariff.days.until),
        is_now: tariff.days.holds(today),
        rows: tariff.prices.into_iter().map(|price| (service(&price), price)).collect(),
    }
}
