//! Cases as people see them.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::audit::Seen;
use crate::forms::{Sheet, Upload};
use crate::kernel::{AuthorityId, Language};

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has taken it yet.
    New,
    /// Somebody works on it.
    InProgress,
    /// The partner has returned it and the owner's routing has not run yet.
    Returned,
    /// Done.
    Resolved,
    /// The citizen no longer needs it.
    Withdrawn,
}

impl State {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::New => "new",
            State::InProgress => "in_progress",
            State::Returned => "returned",
            State::Resolved => "resolved",
            State::Withdrawn => "withdrawn",
        }
    }

    pub(super) fn read(word: &str) -> State {
        match word {
            "in_progress" => State::InProgress,
            "returned" => State::Returned,
            "resolved" => State::Resolved,
            "withdrawn" => State::Withdrawn,
            _ => State::New,
        }
    }
}

/// Who reads an entry of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenBy {
    /// The citizen, and both councils.
    Citizen,
    /// The staff of owner and handler.
    Staff,
}

impl SeenBy {
    pub(super) fn word(self) -> &'static str {
        match self {
            SeenBy::Citizen => "citizen",
            SeenBy::Staff => "staff",
        }
    }
}

/// Why a partner returns a case. The words are those that agreements use in `reversed_when`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnReason {
    /// It lies outside what the partner does.
    NotOurs,
    /// It was reported before.
    Duplicate,
}

impl ReturnReason {
    /// Both, in the order shown.
    pub const ALL: [ReturnReason; 2] = [ReturnReason::NotOurs, ReturnReason::Duplicate];

    /// The word in forms, in agreements and with the reversal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ReturnReason::NotOurs => "not-ours",
            ReturnReason::Duplicate => "duplicate",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn read(word: &str) -> Option<ReturnReason> {
        ReturnReason::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its id within the owner.
    pub id: Uuid,
    /// The council whose citizen it is.
    pub owner: AuthorityId,
    /// The authority that works it.
    pub handler: AuthorityId,
    /// Under which agreement it was accepted, if a partner accepted it.
    pub agreement_id: Option<Uuid>,
    /// Of a sensitive service: only who has the role for it may see it.
    pub sensitive: bool,
    /// In which the citizen is told.
    pub language: Language,
    /// `MAR-7K3Q-9F2TX`.
    pub reference: String,
    /// Which service.
    pub service: String,
    /// Which version of its definition.
    pub version: i32,
    /// `Pothole, Quay Street`.
    pub title: String,
    /// Where it stands.
    pub state: State,
    /// Why it went where it went.
    pub routed_because: String,
    /// The team that works it.
    pub team: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The London date by which it is meant to be done.
    pub due_on: Date,
    /// Who has taken it: a member of the handler's staff.
    pub taken_by: Option<Uuid>,
    /// Their name.
    pub taken_by_name: Option<String>,
    /// What it was resolved with.
    pub outcome: Option<String>,
    /// When.
    pub closed_at: Option<Timestamp>,
    /// Which authority did the work, once it is done or returned.
    pub done_by: Option<AuthorityId>,
    /// Whether the citizen has written and nobody has read or answered it.
    pub unread: bool,
    /// When she last asked why it is late.
    pub chased_on: Option<Date>,
    /// Whether she has asked and nobody has answered.
    pub chased: bool,
    /// Once it was resolved: whether she says that it is sorted.
    pub sorted: Option<bool>,
    /// Whether there is an e-mail address to write to.
    pub can_be_told: bool,
}

impl Case {
    /// Whether another authority than the owner works it.
    #[must_use]
    pub fn is_with_partner(&self) -> bool {
        self.handler != self.owner
    }

    /// Whether its work is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Resolved | State::Withdrawn)
    }
}

/// Everything about a case on one page.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The case.
    pub case: Case,
    /// What was asked and answered.
    pub sheet: Sheet,
    /// The files that came with it, in the order in which they came.
    pub files: Vec<Upload>,
    /// What happened, newest first.
    pub timeline: Vec<TimelineEntry>,
    /// What only the reader's own council reads, newest first.
    pub own_notes: Vec<OwnNote>,
    /// How many minutes are booked to it.
    pub minutes: i64,
    /// Who has looked and worked, newest first, this reader at its head.
    pub looked: Vec<Seen>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// By staff `taken`, `note`, `update`, `resolved`, `returned.not-ours`, `returned.duplicate`; by the system `routed`; by
    /// the citizen `opened`, `message`, `chased`, `withdrawn`, `reopened`, `rated.yes`, `rated.no`.
    pub kind: String,
    /// Whether the citizen sees it.
    pub citizen_sees: bool,
    /// The authority that did it, as named then.
    pub actor_name: String,
    /// The person, as named then; none for the citizen or the system.
    pub by_name: Option<String>,
    /// Its words.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// A note that only the writer's own council reads.
#[derive(Clone, Debug)]
pub struct OwnNote {
    /// Who wrote it.
    pub by_name: String,
    /// Its words.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// Which cases a queue shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Everything that this authority works and is not done.
    Open,
    /// Of those, the ones that one person has taken.
    Mine(Uuid),
    /// Of those, the ones whose citizen has written, and nobody has read or answered it.
    Unread,
    /// Of those, the ones due before this date.
    Late(Date),
    /// Done.
    Closed,
    /// The council's own cases that another authority works.
    WithPartners,
}

/// What a queue is narrowed to.
#[derive(Clone, Debug)]
pub struct QueueFilter {
    /// Which cases.
    pub tab: Tab,
    /// Only this service.
    pub service: Option<String>,
    /// Only this council's.
    pub owner: Option<AuthorityId>,
    /// With those of sensitive services, for this person, who has the role: but not those that they are kept from.
    pub cleared: Option<Uuid>,
}

/// After which row the next page of a queue begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Whether the row is one that a citizen has asked about because it is late: those come first.
    pub chased: bool,
    /// The row's due date.
    pub due_on: Date,
    /// The row's id.
    pub id: Uuid,
}

/// A row of a queue.
#[derive(Clone, Debug)]
pub struct QueueRow {
    /// The case's id.
    pub id: Uuid,
    /// Whose citizen it is.
    pub owner: AuthorityId,
    /// Who works it.
    pub handler: AuthorityId,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: State,
    /// Which service.
    pub service: String,
    /// By when.
    pub due_on: Date,
    /// Who has taken it.
    pub taken_by_name: Option<String>,
    /// What it was resolved with.
    pub outcome: Option<String>,
    /// Whether the citizen has written and nobody has read or answered it.
    pub unread: bool,
    /// Whether she has asked why it is late and nobody has answered.
    pub chased: bool,
}

impl QueueRow {
    /// Where the next page begins after this row.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { chased: self.chased, due_on: self.due_on, id: self.id }
    }
}
