//! Applying agreements: the provider puts forward what its file says, and each party's signature on paper is recorded in
//! that party's own scope. A file that changes puts forward another variation; what was signed is never altered.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::apply::{Walk, actor, json};
use super::files::{AgreementFiles, Files, TenantFiles};
use super::part::{self, Refused};
use crate::agreements::{self, Agreement, DataProtection, ServiceLevel, ServicePart, SignaturePart, Term};
use crate::billing::{self, Price};
use crate::kernel::AuthorityId;
use crate::platform::{Db, Result, Scope, Tx};

/// Brings in every agreement's file.
pub(super) fn walk(walk: &mut Walk, db: &Db, files: &Files) -> Result<()> {
    for agreement in &files.agreements {
        let (provider, consumer) = (walk.id(&agreement.file.provider)?, walk.id(&agreement.file.consumer)?);
        let name = |slug: &str| {
            let tenant: Option<&TenantFiles> = files.tenants.iter().find(|tenant| tenant.file.slug == slug);
            tenant.map_or_else(|| slug.to_owned(), |tenant| tenant.file.name().to_owned())
        };
        db.scoped(Scope::own(consumer), |tx| {
            overlaps(walk, tx, agreement, provider)?;
            walk.unless_refused()
        })?;
        let (fresh, provider_signed) = db.scoped(Scope::own(provider), |tx| {
            let fresh = offer(walk, tx, agreement, consumer, &name(&agreement.file.provider))?;
            walk.unless_refused()?;
            let signed = sign(walk, tx, agreement, (provider, consumer), fresh, &name(&agreement.file.provider))?;
            Ok((fresh, signed))
        })?;
        let consumer_signed = db.scoped(Scope::own(consumer), |tx| {
            sign(walk, tx, agreement, (provider, consumer), fresh, &name(&agreement.file.consumer))
        })?;
        for (party, signed) in
            [(&agreement.file.provider, provider_signed), (&agreement.file.consumer, consumer_signed)]
        {
            if !signed {
                walk.note(format!(
                    "agreements/{}: {party} has not signed this text of {}; until both have, it is offered and does not bind",
                    agreement.stem, agreement.file.reference
                ));
            }
        }
    }
    Ok(())
}

/// The variations under the file's reference, the newest first.
fn variations(
    tx: &mut Tx<'_>,
    files: &AgreementFiles,
    (provider, consumer): (AuthorityId, AuthorityId),
) -> Result<Vec<Agreement>> {
    let mut all = agreements::list(tx)?;
    all.retain(|a| (a.provider, a.consumer, &a.reference) == (provider, consumer, &files.file.reference));
    Ok(all)
}

/// An agreement of the database's that the files do not have may name the same service in the same term.
fn overlaps(walk: &mut Walk, tx: &mut Tx<'_>, files: &AgreementFiles, provider: AuthorityId) -> Result<()> {
    let (all, file) = (agreements::list(tx)?, &files.file);
    let ours = (provider, tx.actor(), file.reference.as_str());
    if let Some((other, service, binds)) = agreements::overlap(&all, ours, &file.services, file.term) {
        let what = format!(
            "agreements/{}: {} names the service {} already, from {} until {}",
            files.stem, other.reference, service.slug, binds.from, binds.until
        );
        walk.plan.refused.push(Refused { what, difference: Vec::new() });
    }
    Ok(())
}

/// Puts forward what the file says, if that is new; says whether it is.
fn offer(
    walk: &mut Walk,
    tx: &mut Tx<'_>,
    files: &AgreementFiles,
    consumer: AuthorityId,
    provider_name: &str,
) -> Result<bool> {
    let AgreementFiles { stem, file, tariffs, .. } = files;
    let name = format!("agreements/{stem}");
    let wrong = |why: String| anyhow::anyhow!("{name}: {why}");
    let prices = billing::parse_tariffs(&tariffs.tariffs, file.term).map_err(wrong)?;
    let ours = said(file_terms(files), prices.iter().map(|(days, prices)| (*days, prices.as_slice())))?;
    let provider = tx.actor();
    let newest = variations(tx, files, (provider, consumer))?.into_iter().next();
    let theirs = match &newest {
        Some(agreement) => {
            let held = billing::tariffs_of(tx, agreement.id)?;
            Some(said(held_terms(agreement), held.iter().map(|t| (t.days, t.prices.as_slice())))?)
        }
        None => None,
    };
    if !walk.brings(tx, (&name, &name), &ours, theirs.as_ref())? {
        return Ok(false);
    }
    if newest.is_some()
        && let Some(why) = prices.iter().find_map(|(_, prices)| billing::begins_anew(prices))
    {
        return Err(wrong(why.to_owned()).into());
    }
    walk.change(match (&newest, &theirs) {
        (Some(last), Some(theirs)) => format!(
            "{name}: variation {} of {} is put forward ({} changed); it binds from the month after both have signed it",
            last.variation + 1,
            file.reference,
            part::changed_keys(&ours, theirs)
        ),
        _ => format!(
            "{name}: {} is put forward, {} for {}, from {} until {}",
            file.reference, file.provider, file.consumer, file.term.from, file.term.until
        ),
    });
    if walk.acts() {
        let (now, by) = (walk.options.now, actor(provider_name));
        let hash = billing::prices_hash(&tariffs.tariffs, file.term).map_err(wrong)?;
        let offer = agreements::put_offer(tx, now, &by, consumer, file, &hash)?;
        if offer.is_new {
            billing::put_tariffs(tx, now, &by, consumer, offer.id, file.term, &tariffs.tariffs)?;
        }
    }
    Ok(true)
}

/// Records the signature of the party at work, if its file has one that is not known yet; says whether it has then signed
/// the newest text. `fresh` says that this text comes with this walk.
fn sign(
    walk: &mut Walk,
    tx: &mut Tx<'_>,
    files: &AgreementFiles,
    (provider, consumer): (AuthorityId, AuthorityId),
    fresh: bool,
    party_name: &str,
) -> Result<bool> {
    let me = tx.actor();
    let slug = if me == provider { &files.file.provider } else { &files.file.consumer };
    let held = variations(tx, files, (provider, consumer))?;
    let signs_newest = held.first().is_some_and(|newest| newest.signed_by(me).is_some());
    // A plan has not put the new text forward: the newest that is held is the one before.
    if signs_newest && (walk.acts() || !fresh) {
        return Ok(true);
    }
    // A paper signed for an earlier text is no signature under this one.
    let used = |paper: &&SignaturePart| held.iter().any(|v| v.signed_by(me).is_some_and(|s| same_paper(s, paper)));
    let Some(paper) = files.file.signatures.iter().find(|s| s.party == *slug).filter(|paper| !used(paper)) else {
        return Ok(false);
    };
    walk.change(format!("agreements/{}: signed for {slug} by {} on {}", files.stem, paper.name, paper.signed_on));
    if walk.acts() {
        let newest = held.first().ok_or_else(|| anyhow::anyhow!("{} was not put forward", files.file.reference))?;
        agreements::put_signature(tx, walk.options.now, &actor(party_name), consumer, newest.id, paper)?;
    }
    Ok(true)
}

fn same_paper(signed: &agreements::Signature, paper: &SignaturePart) -> bool {
    (&signed.name, signed.signed_on, signed.document.as_ref()) == (&paper.name, paper.signed_on, Some(&paper.document))
}

/// The terms of an agreement but for its prices, in the shape in which two sides are compared.
fn file_terms(files: &AgreementFiles) -> Result<Value> {
    let f = &files.file;
    terms(
        json!([f.payment_terms_days, json(&f.running)?, f.kind]),
        (&f.title, &f.legal_basis),
        &f.purchase_order,
        f.term,
        (&f.services, &f.service_levels, &f.data_protection),
    )
}

fn held_terms(a: &Agreement) -> Result<Value> {
    terms(
        json!([a.payment_terms_days, json(&a.running)?, a.kind]),
        (&a.title, &a.legal_basis),
        &a.purchase_order,
        a.term,
        (&a.services, &a.service_levels, &a.data_protection),
    )
}

fn terms(
    run: Value,
    (title, legal_basis): (&str, &str),
    purchase_order: &Option<String>,
    term: Term,
    (services, levels, data_protection): (&[ServicePart], &[ServiceLevel], &DataProtection),
) -> Result<Value> {
    let mut services = services.to_vec();
    services.sort_by(|a, b| (&a.slug, &a.meter).cmp(&(&b.slug, &b.meter)));
    Ok(json!({
        "kind": run[2],
        "title": title,
        "legal_basis": legal_basis,
        "payment_terms_days": run[0],
        "running": run[1],
        "purchase_order": purchase_order,
        "term": days(term),
        "service": json(&services)?,
        "service_level": json(&levels)?,
        "data_protection": json(data_protection)?,
    }))
}

fn said<'a>(terms: Result<Value>, tariffs: impl Iterator<Item = (Term, &'a [Price])>) -> Result<Value> {
    let mut said = terms?;
    let tariffs = tariffs
        .map(|(term, prices)| Ok(json!({ "days": days(term), "price": json(&prices)? })))
        .collect::<Result<Vec<Value>>>()?;
    said["tariff"] = tariffs.into();
    Ok(said)
}

fn days(term: Term) -> Value {
    let day = |date: Date| date.to_string();
    json!({ "from": day(term.from), "until": day(term.until) })
}
