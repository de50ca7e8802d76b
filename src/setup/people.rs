//! The people of the demonstration: a member of staff for each role, at each council.

use jiff::Timestamp;
use uuid::Uuid;

use crate::identity::{self, NewStaff, Role};
use crate::kernel::{Actor, Pence};
use crate::platform::{Db, Result, Scope};
use crate::tenancy::Directory;

/// Everybody's password in a demonstration; the six-digit code may be left empty there.
pub const DEMO_PASSWORD: &str = "marl-and-weald-1974";

/// Somebody who signs in.
#[derive(Clone, Debug)]
pub struct DemoPerson {
    /// Their council's slug.
    pub council: &'static str,
    /// Their sign-in.
    pub email: &'static str,
    /// Their name.
    pub name: &'static str,
    /// What they may do.
    pub roles: &'static [Role],
    /// The most they may sign for.
    pub sign_limit: Pence,
}

const fn person(
    council: &'static str,
    email: &'static str,
    name: &'static str,
    roles: &'static [Role],
    sign_limit: Pence,
) -> DemoPerson {
    DemoPerson { council, email, name, roles, sign_limit }
}

/// Everybody, council by council.
pub const PEOPLE: &[DemoPerson] = &[
    person("wealdshire", "officer@wealdshire.example", "Priya Iqbal", &[Role::Officer], Pence(0)),
    person("wealdshire", "officer2@wealdshire.example", "Joe Byrne", &[Role::Officer], Pence(0)),
    person("wealdshire", "preparer@wealdshire.example", "Hannah Doyle", &[Role::Preparer], Pence(0)),
    person("wealdshire", "approver@wealdshire.example", "Martin Achebe", &[Role::Approver], Pence(0)),
    person("wealdshire", "signatory@wealdshire.example", "Ruth Pemberton", &[Role::Signatory], Pence(25000000)),
    person("wealdshire", "admin@wealdshire.example", "Sam Whitlock", &[Role::Administrator, Role::Designer], Pence(0)),
    person("marlhaven", "officer@marlhaven.example", "Aled Rees", &[Role::Officer, Role::Safeguarding], Pence(0)),
    person("marlhaven", "preparer@marlhaven.example", "Grace Okafor", &[Role::Preparer], Pence(0)),
    person("marlhaven", "approver@marlhaven.example", "Tom Lidgate", &[Role::Approver], Pence(0)),
    person("marlhaven", "signatory@marlhaven.example", "Ines Carvalho", &[Role::Signatory], Pence(10000000)),
    person("marlhaven", "admin@marlhaven.example", "Nia Booth", &[Role::Administrator, Role::Designer], Pence(0)),
    person("eastmere", "officer@eastmere.example", "Dan Fenwick", &[Role::Officer], Pence(0)),
    person("eastmere", "finance@eastmere.example", "Olive Marsh", &[Role::Preparer, Role::Signatory], Pence(5000000)),
    person("eastmere", "admin@eastmere.example", "Kit Sedgewick", &[Role::Administrator], Pence(0)),
    person("hartsmoor", "officer@hartsmoor.example", "Moira Tarn", &[Role::Officer], Pence(0)),
    person("hartsmoor", "finance@hartsmoor.example", "Yusuf Heath", &[Role::Preparer, Role::Approver], Pence(0)),
    person("hartsmoor", "admin@hartsmoor.example", "Bea Calder", &[Role::Administrator], Pence(0)),
    person("operator", "operator@operator.example", "Rowan Ellis", &[Role::Operator, Role::Administrator], Pence(0)),
];

/// One of them, with the id that the database gave.
#[derive(Clone, Debug)]
pub struct Someone {
    /// Who.
    pub person: &'static DemoPerson,
    /// Their id.
    pub id: Uuid,
}

impl Someone {
    /// As the timeline names them.
    #[must_use]
    pub fn actor(&self, authority_name: &str) -> Actor {
        Actor { staff_id: Some(self.id), name: self.person.name.to_owned(), authority_name: authority_name.to_owned() }
    }
}

/// Adds everybody whose council is in the directory.
///
/// # Errors
/// The database's.
pub fn add_people(db: &Db, directory: &Directory, now: Timestamp) -> Result<Vec<Someone>> {
    let mut added = Vec::new();
    for person in PEOPLE {
        let Some(council) = directory.by_slug(person.council) else { continue };
        let new = NewStaff::new(council, person.email, person.name, person.roles, person.sign_limit)
            .map_err(|faults| anyhow::anyhow!("{} is not a member of staff: {faults:?}", person.email))?;
        let id = db.scoped(Scope::own(council.id), |tx| identity::add_demo(tx, now, &new, DEMO_PASSWORD))?;
        added.push(Someone { person, id });
    }
    Ok(added)
}
