//! `/commercial/agreements/{agreement}/variation`: the provider writes the next variation of an agreement, and offers it. The
//! draft is what was typed, right or wrong; only the provider has it. What it says is written out as an agreement's file and
//! read by the file's own checks, so that a page offers exactly what a file may.
//!
//! The provider alone writes: an agreement holds its prices, which are the provider's to set and to answer for in VAT. The
//! consumer signs, or does not. A cost share is not written here: its agreements say the same to every member, and are varied
//! together, by their file.

mod outcome;
mod prices;
mod sheet;
mod terms;
mod view;
mod written;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

pub(super) use prices::{change_prices, prices};
pub(super) use terms::{change_terms, terms};

use self::sheet::Sheet;
use self::view::Fields;
use self::written::Written;
use super::compare::{self, Compared};
use super::fields::{Fault, SPEAKERS, fault};
use crate::agreements::{self, Agreement, Draft, Kind, State, Term};
use crate::billing::{self, Tariff, TariffsFile};
use crate::forms::Services;
use crate::identity::{Role, Staff};
use crate::kernel::time::long_moment;
use crate::kernel::{Actor, Language, Month, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::{Current, Directory};

/// What one transaction reads of an agreement that the acting authority provides under.
struct Basis {
    /// Its variations, the newest first.
    family: Vec<Agreement>,
    /// What is in force today; the newest where none is.
    present: Agreement,
    present_tariffs: Vec<Tariff>,
    draft: Option<Draft>,
    /// The draft's, or what the newest variation says.
    sheet: Sheet,
}

impl Basis {
    fn read(tx: &mut Tx<'_>, id: Uuid, today: Date) -> Result<Basis> {
        let all = agreements::list(tx)?;
        let one = all.iter().find(|a| a.id == id && a.provider == tx.actor() && a.kind != Kind::CostShare);
        let one = one.ok_or(Error::NotFound)?;
        let is_ours =
            |a: &&Agreement| (a.consumer, a.provider, &a.reference) == (one.consumer, one.provider, &one.reference);
        let family: Vec<Agreement> = all.iter().filter(is_ours).cloned().collect();
        let newest = family.first().ok_or(Error::NotFound)?;
        let present = family.iter().find(|a| a.state(today) == State::InForce).unwrap_or(newest).clone();
        let mut of = |a: &Agreement| -> Result<Vec<Tariff>> { billing::tariffs_of(tx, a.id) };
        let (tariffs, present_tariffs) = (of(newest)?, of(&present)?);
        let draft = agreements::draft(tx, newest)?;
        let sheet = match &draft {
            Some(draft) => serde_json::from_value(draft.content.clone()).map_err(anyhow::Error::from)?,
            None => Sheet::of(newest, tariffs.iter().map(|tariff| (tariff.days, tariff.prices.as_slice()))),
        };
        Ok(Basis { family, present, present_tariffs, draft, sheet })
    }

    fn newest(&self) -> &Agreement {
        // There is one: `read` found it.
        self.family.first().unwrap_or(&self.present)
    }

    /// Which draft it is, as a form says which one it was opened with.
    fn seen(&self) -> String {
        self.draft.as_ref().map(|draft| draft.changed_at.to_string()).unwrap_or_default()
    }

    /// Whether a colleague has saved since the form was opened.
    fn changed_since(&self, seen: &str, t: Texts) -> Option<Fault> {
        let draft = self.draft.as_ref().filter(|_| self.seen() != seen)?;
        Some(fault("seen", t, "variation-changed-meanwhile", &[("name", &draft.changed_by)]))
    }

    /// Keeps the sheet as it is now.
    fn keep(&mut self, tx: &mut Tx<'_>, now: Timestamp, by: &Actor) -> Result<()> {
        let content = serde_json::to_value(&self.sheet).map_err(anyhow::Error::from)?;
        agreements::put_draft(tx, now, by, self.newest(), &content)?;
        self.draft = agreements::draft(tx, self.newest())?;
        Ok(())
    }

    /// What the sheet says, if nothing is wrong with it.
    fn checked(&self, around: &Around) -> Result<std::result::Result<Offered, Vec<Fault>>> {
        let newest = self.newest();
        let slug = |id| around.directory.by_id(id).map(|council| council.slug.as_str()).unwrap_or_default();
        let written = Written::whole(&self.sheet, newest, [slug(newest.provider), slug(newest.consumer)])?;
        let services = around.services(newest);
        let mut unknown = Vec::new();
        for (n, row) in self.sheet.terms.services.iter().enumerate() {
            if !services.iter().any(|(slug, _)| *slug == row.slug) {
                let consumer = around.directory.name(newest.consumer);
                let variables = [("consumer", consumer), ("service", row.slug.as_str())];
                unknown.push(fault(&format!("s{n}-slug"), around.t, "variation-service-unknown", &variables));
            }
        }
        Ok(match written.checked(around.t) {
            Ok((file, prices)) if unknown.is_empty() => {
                let read = billing::parse_tariffs(&prices.tariffs, file.term).map_err(|why| anyhow::anyhow!(why))?;
                let tariffs = (1_i32..).zip(read).map(|(version, (days, prices))| Tariff {
                    id: Uuid::from_u128(u128::from(version.unsigned_abs())),
                    version,
                    days,
                    prices,
                });
                Ok(Offered { tariffs: tariffs.collect(), file, prices })
            }
            Ok(_) => Err(unknown),
            Err(mut faults) => {
                faults.retain(|fault| !unknown.iter().any(|other| other.field == fault.field));
                faults.extend(unknown);
                Err(faults)
            }
        })
    }

    fn head(&self, id: Uuid, directory: &Directory) -> Head {
        let newest = self.newest();
        Head {
            id,
            reference: newest.reference.clone(),
            variation: newest.variation + 1,
            provider: directory.name(newest.provider).to_owned(),
            consumer: directory.name(newest.consumer).to_owned(),
            saved: self.draft.as_ref().map(|draft| (draft.changed_by.clone(), long_moment(draft.changed_at))),
            seen: self.seen(),
        }
    }
}

/// A draft that may be offered.
struct Offered {
    file: agreements::AgreementFile,
    prices: TariffsFile,
    tariffs: Vec<Tariff>,
}

impl Offered {
    /// As an agreement, to be compared with another.
    fn as_agreement(&self, id: Uuid, newest: &Agreement) -> Agreement {
        let file = self.file.clone();
        Agreement {
            id,
            variation: newest.variation + 1,
            title: file.title,
            legal_basis: file.legal_basis,
            payment_terms_days: i32::from(file.payment_terms_days),
            purchase_order: file.purchase_order,
            term: file.term,
            running: file.running,
            services: file.services,
            service_levels: file.service_levels,
            signatures: Vec::new(),
            replaced_from: None,
            ..newest.clone()
        }
    }
}

/// What is known round about a draft.
#[derive(Clone)]
struct Around {
    t: Texts,
    directory: std::sync::Arc<Directory>,
    services: std::sync::Arc<Services>,
    today: Date,
}

impl Around {
    fn of(visit: &Visit, services: &Current<Services>) -> Around {
        Around {
            t: Texts::of(Language::En),
            directory: visit.site.directory.get(),
            services: services.get(),
            today: billing_date(visit.now),
        }
    }

    /// Slugs and names of what the consumer's citizens can do, and of what the agreement names already.
    fn services(&self, of: &Agreement) -> Vec<(String, String)> {
        let published = self.services.of(of.consumer).iter().map(|service| service.of(Language::En).slug.clone());
        let mut slugs: Vec<String> = published.chain(of.services.iter().map(|part| part.slug.clone())).collect();
        slugs.sort();
        slugs.dedup();
        slugs.into_iter().map(|slug| (slug.clone(), super::service_name(&self.services, of.consumer, &slug))).collect()
    }

    fn parties(&self, of: &Agreement) -> Vec<(String, String)> {
        let party = |id| self.directory.by_id(id).map(|council| (council.slug.clone(), council.name.clone()));
        [of.provider, of.consumer].into_iter().filter_map(party).collect()
    }
}

/// What every page of a variation says at its head.
struct Head {
    id: Uuid,
    reference: String,
    variation: i32,
    provider: String,
    consumer: String,
    /// By whom and when.
    saved: Option<(String, String)>,
    seen: String,
}

impl Head {
    fn home(&self) -> String {
        home(self.id)
    }
}

fn home(id: Uuid) -> String {
    format!("/commercial/agreements/{id}/variation")
}

/// Whether a field is one of the prices' page.
fn is_of_prices(field: &str) -> bool {
    field.strip_prefix('t').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn status(faults: &[Fault]) -> StatusCode {
    match faults {
        [] => StatusCode::OK,
        [one] if one.field == "seen" => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The numbers in the place of a row: `t0-p1-b2`.
fn place(at: &str) -> Vec<usize> {
    at.split('-').filter_map(|part| part.get(1..)?.parse().ok()).collect()
}

#[derive(Template)]
#[template(path = "commercial/variation/unready.html")]
struct UnreadyPage {
    p: Frame,
    head: Head,
    /// The address of each field, and what is wrong with it.
    faults: Vec<(String, String)>,
}

/// `GET /commercial/agreements/{agreement}/variation/draft`: what the draft changes, in words and in money, and offering it.
pub(super) async fn draft(visit: Visit, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let (id, around) = (*id, Around::of(&visit, &services));
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| compared(tx, id, &around)).await?;
    show_draft(&visit, &me, id, found, &services, Vec::new())
}

/// A draft, and what it comes to beside what is in force, or what is wrong with it.
type Found = (Basis, std::result::Result<Compared, Vec<Fault>>);

fn compared(tx: &mut Tx<'_>, id: Uuid, around: &Around) -> Result<Found> {
    let basis = Basis::read(tx, id, around.today)?;
    let compared = match basis.checked(around)? {
        Ok(offered) => {
            let new = offered.as_agreement(id, basis.newest());
            let sides = [basis.present.clone(), new];
            let tariffs = [basis.present_tariffs.clone(), offered.tariffs];
            Ok(Compared::read(tx, &basis.family, sides, tariffs, Month::of(around.today))?)
        }
        Err(faults) => Err(faults),
    };
    Ok((basis, compared))
}

fn show_draft(
    visit: &Visit,
    me: &Staff,
    id: Uuid,
    (basis, compared): Found,
    services: &Current<Services>,
    refused: Vec<Fault>,
) -> Result<HttpResponse> {
    let head = basis.head(id, &visit.site.directory.get());
    match compared {
        Ok(compared) => {
            let proposal = compare::Proposal {
                address: home(id),
                saved: head.saved,
                seen: head.seen,
                may_offer: me.has(SPEAKERS),
            };
            compare::show(visit, me, compared, services.get(), Some((proposal, refused)))
        }
        Err(faults) => {
            let address =
                |field: &str| format!("{}{}#{field}", home(id), if is_of_prices(field) { "/prices" } else { "" });
            let faults = faults.into_iter().map(|fault| (address(&fault.field), fault.words)).collect();
            let page = UnreadyPage { p: visit.staff_frame(Area::Commercial, me), head, faults };
            visit.html(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// `POST /commercial/agreements/{agreement}/variation/draft`: offers the draft, or gives it up.
pub(super) async fn offer(form: Posted, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (id, around) = (*id, Around::of(visit, &services));
    let (act, seen) = (form.get("act").to_owned(), form.get("seen").to_owned());
    let (here, now) = (visit.here.clone(), visit.now);
    let (me, came) = visit
        .staff(SPEAKERS, move |tx, me| {
            let by = me.actor(&here.name);
            let basis = Basis::read(tx, id, around.today)?;
            match act.as_str() {
                "discard" => {
                    agreements::take_draft(tx, basis.newest())?;
                    Ok(Ok(id))
                }
                "offer" => put_forward(tx, (id, basis, &seen), now, &by, &around),
                _ => Err(Error::Malformed("no such act")),
            }
        })
        .await?;
    match came {
        Ok(to) => visit.see_other(&format!("/commercial/agreements/{to}")),
        Err((found, faults)) => show_draft(visit, &me, id, *found, &services, faults),
    }
}

/// The id of what was offered; or why it was not.
type Came = std::result::Result<Uuid, (Box<Found>, Vec<Fault>)>;

fn put_forward(
    tx: &mut Tx<'_>,
    (id, basis, seen): (Uuid, Basis, &str),
    now: Timestamp,
    by: &Actor,
    around: &Around,
) -> Result<Came> {
    let (newest, t) = (basis.newest(), around.t);
    // What is offered is what was on the page.
    let mut faults: Vec<Fault> = basis.changed_since(seen, t).into_iter().collect();
    if let (true, Ok(offered)) = (faults.is_empty(), basis.checked(around)?) {
        let (file, consumer) = (&offered.file, newest.consumer);
        let ours = (newest.provider, consumer, newest.reference.as_str());
        if let Some((other, service, binds)) =
            agreements::overlap(&agreements::list(tx)?, ours, &file.services, file.term)
        {
            faults.push(overlap_fault((other, &service.slug, binds), around));
        } else {
            agreements::take_draft(tx, newest)?;
            let hash = billing::prices_hash(&offered.prices.tariffs, file.term).map_err(|why| anyhow::anyhow!(why))?;
            let offer = agreements::put_offer(tx, now, by, consumer, file, &hash)?;
            if offer.is_new {
                billing::put_tariffs(tx, now, by, consumer, offer.id, file.term, &offered.prices.tariffs)?;
                return Ok(Ok(offer.id));
            }
            // The same words again are no variation; the draft stays.
            let content = serde_json::to_value(&basis.sheet).map_err(anyhow::Error::from)?;
            agreements::put_draft(tx, now, by, newest, &content)?;
            let variation = offer.variation.to_string();
            faults.push(fault("offer", t, "variation-says-the-same", &[("variation", &variation)]));
        }
    }
    Ok(Err((Box::new(compared(tx, id, around)?), faults)))
}

fn overlap_fault((other, service, binds): (&Agreement, &str, Term), around: &Around) -> Fault {
    let name = super::service_name(&around.services, other.consumer, service);
    let days = super::period(binds.from, binds.until);
    let variables = [("reference", other.reference.as_str()), ("service", &name), ("days", &days)];
    fault("offer", around.t, "variation-overlaps", &variables)
}

/// What a page's fields are made with, and what it makes of them.
fn with_fields<R>(basis: &Basis, around: &Around, faults: &[Fault], make: impl FnOnce(&Fields<'_>) -> R) -> R {
    let (services, parties) = (around.services(basis.newest()), around.parties(basis.newest()));
    make(&Fields { t: around.t, faults, services: &services, parties: &parties })
}
