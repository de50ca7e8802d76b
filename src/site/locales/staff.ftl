# Sentences that only staff read. Staff work in English. Keys are room-what.

## What forms say
staff-sign-in-failed = Check your email address, password and code. One of them is not right.
staff-password-short = Password must be 12 characters or more
staff-password-long = Password must be 200 characters or fewer
staff-password-yours = Password must not be your name or email address
staff-password-simple = Password must have at least 5 different characters
staff-code-wrong = Enter the 6-digit code your app shows now
staff-email-wrong = Enter an email address, like name@council.gov.uk
staff-email-taken = Somebody here has this email address already
staff-name-wrong = Enter their name, in 100 characters or fewer
staff-roles-none = Select at least one role
staff-roles-operator = Only the operator's own people can run the platform
staff-limit-missing = Enter the most they may sign for, in whole pounds, like 50000
staff-limit-without = Only a signatory has a limit. Select that role or clear the limit.
staff-limit-wrong = The limit must be in whole pounds, like 50000
staff-not-yourself = You cannot remove yourself. Ask another administrator.
staff-not-your-roles = You cannot change your own roles. Ask another administrator.
staff-demonstration-only = People get a password without a link only in a demonstration database.
staff-words-missing = Write what you want to say
staff-words-long = Write 4,000 characters or fewer
staff-reason-missing = Say why you need the contact details
staff-reason-long = Give your reason in 200 characters or fewer
staff-conflict-nobody = Select the person who must not see the case
staff-conflict-last = Somebody must be left who may see the case. Give another person the safeguarding role first.
staff-conflict-reason = Say why, in 200 characters or fewer
staff-outcome-missing = Select an outcome
staff-return-missing = Select a reason
staff-done-take = You have taken this case.
staff-done-note = Your note is saved.
staff-done-update = The citizen can read your update.
staff-done-resolve = The case is resolved.
staff-done-return = The case is returned to its council.
staff-reference-lost = No council here has a reference like that: a character is missing or wrong.

## Errors
error-denied = Your account does not have the role this page needs. Ask your administrator.
error-conflict-state = Somebody else has changed this since you opened the page. Look at it again, then decide.
error-bill-unsigned = Both councils have to sign this agreement before anything is billed under it.
error-bill-month-running = That month is not over. Prepare its bill from the first day of the next.
error-bill-earlier-draft = An earlier month of this agreement is still a draft. Issue that first, so that late events are billed in order.
error-bill-issued = This bill has been issued. What comes late is billed with the next month.
error-bill-nothing = There is nothing to bill under this agreement for that month.
error-credit-too-much = The line charged less than would then be credited. Look at its credit notes and disputes again.
error-dispute-decided = This dispute was settled meanwhile. Open it again to see how.
error-dispute-taken-back = A case that is doubted was taken back since it was billed: it comes off the next bill by itself. Doubt the others.
error-dispute-too-much = So much of this line is no longer left to dispute: part of it was credited or is in dispute already.
error-bill-too-much = An amount would be beyond £10 billion. No bill between councils is: look at the prices and at what was counted.
error-bill-unpriced = Something was counted that the agreement has no price for. Add the price, then prepare the bill again.
error-bill-same-person = You prepared this bill. Somebody else has to issue it.
error-bill-stale = This bill was prepared again, or what it counts has changed, since you looked at it. Look at it again, and prepare it again if need be; then issue it.

## What a timeline says
cases-event-taken = Taken by { $name }
cases-event-rerouted = Routed again, to { $team }
cases-return-not-ours = Not ours
cases-return-duplicate = Duplicate

## Bills and agreements
dispute-amount = Enter an amount in pounds and pence, above nothing and at most { $most }
dispute-references-many = Name at most { $most } cases, or leave the box empty and doubt the line as a whole
dispute-references-unknown = This line does not charge for { $unknown }. Write the references as the line lists them
dispute-words-long = Write at most { $most } characters
dispute-words-missing = Say why
commercial-office-missing = Enter your office, in 100 characters or fewer
commercial-wrong-proof = That password or code is not right. Codes work once: wait for a new one

## What the audit's actions are called
audit-staff-sign-in = Signed in
audit-staff-sign-in-failed = Failed to sign in
audit-staff-confirm-failed = Gave a wrong password or code
audit-staff-sign-out = Signed out
audit-staff-sign-out-everywhere = Signed out on every device
audit-staff-add = Added a person
audit-staff-invite = Made a new link for a person
audit-staff-join = Set up their account
audit-staff-change = Changed a person's name or roles
audit-staff-deactivate = Removed a person
audit-case-read = Read a case
audit-case-contact = Read contact details
audit-case-file = Opened a file
audit-case-block = Kept somebody from a case
audit-case-unblock = Let somebody see a case again
audit-case-take = Took a case
audit-case-note = Added a note
audit-case-own-note = Added a note for their own council
audit-case-update = Told the citizen something
audit-case-resolve = Resolved a case
audit-case-return = Returned a case
audit-authority-add = Added this council
audit-authority-change = Changed this council's details
audit-service-draft = Changed a service's draft
audit-service-drop-draft = Dropped a service's draft
audit-service-publish = Published a service
audit-queue-revive = Put what was set aside back in the queue
audit-agreement-offer = Put an agreement forward
audit-agreement-sign = Signed an agreement
audit-tariff-offer = Put prices forward
audit-bill-prepare = Prepared a bill
audit-document-issue = Issued a bill
audit-task-pin = Pinned a task to the front page
audit-task-unpin = Unpinned a task of the front page
audit-task-hide = Took a task off the front page
audit-task-show = Brought a task back to the front page

## What the page of services says
staff-few = fewer than 10
staff-about = about { $n }
staff-left-first = Before the first answer
