//! Members of staff, signed in the short way: a session in the database and its token in the jar. The tests of sign-in
//! itself go through the page.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use jiff::ToSpan as _;
use jiff_diesel::ToDiesel as _;
use moothall::identity::{Claims, Role, SESSION_COOKIE, issue_token, read_token};
use moothall::kernel::{AuthorityId, new_id};
use moothall::platform::schema::{staff, staff_session};
use uuid::Uuid;

use super::server::App;
use super::visitor::Visitor;

/// Somebody who works for a council.
#[derive(Debug, Clone)]
pub struct Person {
    /// The folder of their authority's files.
    pub slug: String,
    /// Their authority.
    pub authority: AuthorityId,
    /// Their id.
    pub id: Uuid,
    /// As shown.
    pub name: String,
    /// Their sign-in.
    pub email: String,
}

impl App {
    /// A new member of staff with these roles, who has no password yet.
    pub fn person(&self, slug: &str, roles: &[Role]) -> Person {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let person = Person {
            slug: slug.to_owned(),
            authority: self.id(slug),
            id: new_id(self.now()),
            name: format!("Person {n} of {slug}"),
            email: format!("person{n}@{slug}.example"),
        };
        self.scoped(slug, |tx| {
            diesel::insert_into(staff::table)
                .values((
                    staff::id.eq(person.id),
                    staff::email.eq(&person.email),
                    staff::name.eq(&person.name),
                    staff::roles.eq(serde_json::to_value(roles).unwrap()),
                    staff::sign_limit_pence.eq(100_000_000_i64),
                    staff::created_at.eq(self.now().to_diesel()),
                ))
                .execute(tx.conn)?;
            Ok(())
        });
        person
    }

    /// A visitor to their own council who is signed in as this person.
    pub fn signed_in(&self, person: &Person) -> Visitor {
        let mut visitor = self.visitor(&person.slug);
        let (id, now) = (new_id(self.now()), self.now());
        self.scoped(&person.slug, |tx| {
            diesel::insert_into(staff_session::table)
                .values((
                    staff_session::id.eq(id),
                    staff_session::staff_id.eq(person.id),
                    staff_session::started_at.eq(now.to_diesel()),
                    staff_session::expires_at.eq((now + 10.hours()).to_diesel()),
                ))
                .execute(tx.conn)?;
            Ok(())
        });
        let token = issue_token(&self.site.config.secret, person.authority, person.id, id, now).unwrap();
        visitor.cookies.insert(SESSION_COOKIE.to_owned(), token);
        visitor
    }
}

impl Visitor {
    /// Who the token in the jar says is signed in at the council of this host.
    pub fn claims(&self, app: &App) -> Option<Claims> {
        let directory = app.site.directory.get();
        let here = directory.by_host(&self.host)?;
        read_token(&app.site.config.secret, here.id, self.cookies.get(SESSION_COOKIE)?, app.now())
    }
}
