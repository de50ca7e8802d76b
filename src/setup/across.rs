//! What the files of `tenants/` owe to each other: names that clash, partners and parties that are not there.

use std::collections::HashMap;

use jiff::civil::Date;

use super::files::{Source, Sources, TenantSource};
use crate::kernel::document::{Faults, Mistake, Place, Table};

/// Adds every mistake that takes more than one file to see.
pub(super) fn check(sources: &Sources, mistakes: &mut Vec<Mistake>) {
    one_operator(sources, mistakes);
    for (what, key) in [("prefix", "prefix"), ("GSS code", "gss_code")] {
        clashes(what, sources, mistakes, |root| root.text(key).map(|text| (text, root.at(key))).into_iter().collect());
    }
    clashes("host", sources, mistakes, |root| root.texts("hosts").collect());
    neighbours(sources, mistakes);
    partners(sources, mistakes);
    parties(sources, mistakes);
    references(sources, mistakes);
    overlaps(sources, mistakes);
}

fn one_operator(sources: &Sources, mistakes: &mut Vec<Mistake>) {
    // A file that could not be read may be the operator's.
    let all: Option<Vec<&Source>> = sources.tenants.values().map(|tenant| tenant.file.as_ref()).collect();
    let operators: Vec<&Source> = sources
        .tenants
        .values()
        .filter_map(|tenant| tenant.file.as_ref())
        .filter(|source| source.root.text("kind") == Some("operator"))
        .collect();
    if let Some([first, ..]) = all.as_deref()
        && operators.is_empty()
    {
        report(
            first,
            first.root.at("kind"),
            mistakes,
            "no authority has kind = \"operator\"; one must run the platform",
        );
    }
    if let [first, rest @ ..] = operators.as_slice() {
        for other in rest {
            report(
                other,
                other.root.at("kind"),
                mistakes,
                format!("{} is the operator already; there is one, so write another kind", first.path),
            );
        }
    }
}

/// Values of which no two authorities may have the same.
fn clashes<'a>(
    what: &str,
    sources: &'a Sources,
    mistakes: &mut Vec<Mistake>,
    values: impl Fn(&'a Table) -> Vec<(&'a str, Place)>,
) {
    let mut seen: HashMap<&str, &Source> = HashMap::new();
    for source in sources.tenants.values().filter_map(|tenant| tenant.file.as_ref()) {
        for (value, place) in values(&source.root) {
            match seen.get(value) {
                // Twice in one file is that file's own mistake.
                Some(first) if first.path != source.path => {
                    report(
                        source,
                        place,
                        mistakes,
                        format!("the {what} \"{value}\" is {}'s; write another", first.path),
                    );
                }
                Some(_) => {}
                None => {
                    seen.insert(value, source);
                }
            }
        }
    }
}

/// A neighbour has a folder, and is another council.
fn neighbours(sources: &Sources, mistakes: &mut Vec<Mistake>) {
    for (slug, source) in sources.tenants.iter().filter_map(|(slug, tenant)| Some((slug, tenant.file.as_ref()?))) {
        for (neighbour, place) in source.root.texts("neighbours") {
            let there = sources.tenants.get(neighbour);
            let kind = there.and_then(|tenant| tenant.file.as_ref()).and_then(|file| file.root.text("kind"));
            let what = if neighbour == slug {
                "\"neighbours\" names the council itself; write only others".to_owned()
            } else if there.is_none() {
                format!(
                    "\"neighbours\" holds \"{neighbour}\", and there is no such folder; what is done by a council elsewhere \
                     is written as [[portal.elsewhere]]"
                )
            } else if kind == Some("operator") {
                format!("\"neighbours\" holds \"{neighbour}\", the operator, which is no council; remove it")
            } else {
                continue;
            };
            report(source, place, mistakes, what);
        }
    }
}

/// A service's partner exists, is another authority, and provides the service by an agreement.
fn partners(sources: &Sources, mistakes: &mut Vec<Mistake>) {
    // An agreement that could not be read may be the one that is looked for.
    let all_read = sources.agreements.values().all(Option::is_some);
    for (slug, tenant) in &sources.tenants {
        for (service, source) in tenant.services.iter().filter_map(|(name, source)| Some((name, source.as_ref()?))) {
            let Some(routing) = source.root.table("routing") else { continue };
            let Some(partner) = routing.text("partner") else { continue };
            let what = if partner == slug {
                Some("\"partner\" is the council itself; without the key its own team works the case".to_owned())
            } else if !sources.tenants.contains_key(partner) {
                Some(format!("\"partner\" is \"{partner}\", and there is no such folder; {}", folders(sources, slug)))
            } else {
                let named = agreements(sources).any(|agreement| {
                    agreement.root.text("provider") == Some(partner)
                        && agreement.root.text("consumer") == Some(slug)
                        && agreement.root.tables("service").any(|s| s.text("slug") == Some(service))
                });
                (all_read && !named).then(|| {
                    format!(
                        "\"partner\" is \"{partner}\", but no file in agreements/ has provider = \"{partner}\", \
                         consumer = \"{slug}\" and a [[service]] with slug = \"{service}\"; write one, or remove the key"
                    )
                })
            };
            if let Some(what) = what {
                report(source, routing.at("partner"), mistakes, what);
            }
        }
    }
}

/// An agreement's parties have folders, and the consumer has the services.
fn parties(sources: &Sources, mistakes: &mut Vec<Mistake>) {
    for agreement in agreements(sources) {
        let root = &agreement.root;
        let two = ["provider", "consumer"].into_iter().filter_map(|key| Some((key, root.text(key)?, root.at(key))));
        let members = root.texts("members").map(|(member, place)| ("members", member, place));
        for (key, party, place) in two.chain(members) {
            if !sources.tenants.contains_key(party) {
                let what = format!("\"{key}\" is \"{party}\", and there is no such folder; {}", folders(sources, ""));
                report(agreement, place, mistakes, what);
            }
        }
        let Some(consumer) = agreement.root.text("consumer") else { continue };
        let Some(tenant) = sources.tenants.get(consumer) else { continue };
        for service in agreement.root.tables("service") {
            if let Some(slug) = service.text("slug").filter(|slug| !tenant.services.contains_key(*slug)) {
                let known: Vec<&str> = tenant.services.keys().map(String::as_str).collect();
                let what = format!("\"{consumer}\" has no service \"{slug}\"; it has {}", known.join(", "));
                report(agreement, service.at("slug"), mistakes, what);
            }
            outcomes(agreement, tenant, service, mistakes);
        }
    }
}

/// The outcomes that a meter counts are ones that the service's cases are closed with.
fn outcomes(agreement: &Source, tenant: &TenantSource, service: &Table, mistakes: &mut Vec<Mistake>) {
    let file = service.text("slug").and_then(|slug| Some((slug, tenant.services.get(slug)?.as_ref()?)));
    let Some((slug, definition)) = file else { return };
    // An agreement names them as staff do, in English.
    let plain = definition.root.texts("outcomes").map(|(outcome, _)| outcome);
    let known: Vec<&str> =
        plain.chain(definition.root.tables("outcomes").filter_map(|words| words.text("en"))).collect();
    for (outcome, place) in service.texts("outcomes").filter(|(outcome, _)| !known.contains(outcome)) {
        let what = format!("no case of \"{slug}\" is closed as \"{outcome}\"; it is {}", known.join(", "));
        report(agreement, place, mistakes, what);
    }
}

/// Two agreements between the same two authorities have references of their own.
fn references(sources: &Sources, mistakes: &mut Vec<Mistake>) {
    let mut seen: HashMap<[&str; 3], &Source> = HashMap::new();
    for agreement in agreements(sources) {
        let root = &agreement.root;
        let (Some(provider), Some(reference)) = (root.text("provider"), root.text("reference")) else { continue };
        let mut first = None;
        for consumer in root.text("consumer").into_iter().chain(root.texts("members").map(|(member, _)| member)) {
            let before = *seen.entry([provider, consumer, reference]).or_insert(agreement);
            first = first.or(Some(before).filter(|before| before.path != agreement.path));
        }
        if let Some(first) = first {
            let what = format!("this reference is {}'s; write another", first.path);
            report(agreement, root.at("reference"), mistakes, what);
        }
    }
}

/// On no day do two agreements name the same service of the same consumer: a case has one handler and one price.
fn overlaps(sources: &Sources, mistakes: &mut Vec<Mistake>) {
    let mut seen: Vec<(&str, &str, Date, Date, &Source)> = Vec::new();
    for agreement in agreements(sources) {
        let Some(consumer) = agreement.root.text("consumer") else { continue };
        let Some(term) = agreement.root.table("term") else { continue };
        let (Some(from), Some(until)) = (term.date("from"), term.date("until")) else { continue };
        for service in agreement.root.tables("service") {
            let Some(slug) = service.text("slug") else { continue };
            let clash = seen.iter().find(|(c, s, f, u, other)| {
                (*c, *s) == (consumer, slug) && *f < until && from < *u && other.path != agreement.path
            });
            if let Some((.., f, u, other)) = clash {
                let what = format!(
                    "{} names \"{slug}\" of \"{consumer}\" too, from {f} until {u}, which overlaps this term, from {from} \
                     until {until}; write terms that do not overlap",
                    other.path
                );
                report(agreement, service.at("slug"), mistakes, what);
            }
            seen.push((consumer, slug, from, until, agreement));
        }
    }
}

fn agreements(sources: &Sources) -> impl Iterator<Item = &Source> {
    sources.agreements.values().filter_map(Option::as_ref)
}

fn folders(sources: &Sources, but: &str) -> String {
    let names: Vec<&str> = sources.tenants.keys().map(String::as_str).filter(|name| *name != but).collect();
    format!("there are {}", names.join(", "))
}

fn report(source: &Source, place: Place, mistakes: &mut Vec<Mistake>, what: impl Into<String>) {
    let mut faults = Faults::of(&source.path);
    faults.add(place, what);
    mistakes.extend(faults.into_mistakes());
}
