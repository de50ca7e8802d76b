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
staff-time-bounds = Enter how long it took: from 1 minute to 24 hours
staff-time-day = Enter the day you did it, such as 24/11/2026
staff-time-early = The day cannot be before the case was received
staff-time-future = The day cannot be in the future
staff-time-work = Select what the time went into
staff-time-back = Select why you take it back
staff-time-other = This form booked other time already. Look at what is booked: enter this again if it is not there.
staff-done-time = The time is booked.
staff-done-time-back = The time is taken back.
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
error-bill-has-run = This month has drafts, or was issued. Open them to prepare them again.
error-bill-failed = The system could not prepare this bill. Nothing was changed: try again, and tell the operator if it stays so.
error-bill-nothing = There is nothing to bill under this agreement for that month.
error-credit-too-much = The line charged less than would then be credited. Look at its credit notes and disputes again.
error-dispute-escalated = This dispute was escalated before. Look at it again.
error-dispute-needs-one = An approver settles this dispute alone.
error-dispute-needs-two = This dispute is about a private service: two officers settle it.
error-dispute-same-person = You proposed this. Another officer has to confirm it.
error-dispute-stale = What was proposed has changed since you looked at it. Look at the dispute again.
error-dispute-waits = Another officer has proposed something meanwhile. Look at the dispute again.
error-dispute-decided = This dispute was settled meanwhile. Open it again to see how.
error-dispute-taken-back = A case that is doubted was taken back since it was billed: it comes off the next bill by itself. Doubt the others.
error-dispute-too-much = So much of this line is no longer left to dispute: part of it was credited or is in dispute already.
error-outturn-early = The year is not over. What was spent is entered from the first day after it.
error-outturn-same = This outturn is entered already.
error-share-unsigned = Every member of a cost share has to have signed the same terms before a month is shared: it is shared by all or by none.
error-bill-too-much = An amount would be beyond £10 billion. No bill between councils is: look at the prices and at what was counted.
error-bill-unpriced = Something was counted that the agreement has no price for. Add the price, then prepare the bill again.
error-bill-lacks = This bill lacks what it may not be issued without. Look at it again to see what.
error-book-close = That month cannot be closed: it is not over, an earlier one is open, or it is closed already.
error-book-reopen = That month cannot be opened again: it is open, a later one is closed, or it is closed for good.
error-bank-same-person = You entered this account. Somebody else has to confirm it.
error-bill-in-review = The council that is billed is still reading this bill. It can be issued once they agree, or the days to object are over.
error-bill-in-review-already = This bill is in review or was issued already.
error-bill-not-in-review = This bill is not in review. Look at it again.
error-bill-not-reviewed = Send this bill for review first: the agreement gives the council that is billed some days to read it.
error-remittance-advised = The council that pays has advised a payment of this amount. Say of that one that it came, or tick that this is another.
error-remittance-day = The day of a payment cannot be in the future once it came, nor more than a month ahead or 400 days ago.
error-remittance-nothing = A payment of nothing has to set bills off against each other.
error-remittance-parts = A bill is owed less than this payment would put against it, or the parts are more than the payment. Look at what is open again.
error-remittance-state = Something happened to this payment meanwhile. Look at it again.
error-remittance-twice = A payment of the same amount, day and reference was entered before.
error-bill-same-person = You prepared this bill. Somebody else has to issue it.
error-bill-stale = This bill was prepared again, or what it counts has changed, since you looked at it. Look at it again, and prepare it again if need be; then issue it.

## What a timeline says
cases-event-taken = Taken by { $name }
cases-event-rerouted = Routed again, to { $team }
cases-return-not-ours = Not ours
cases-return-duplicate = Duplicate

## Time booked to a case
case-work-desk = Looking into it
case-work-talk = Talking or writing to people
case-work-visit = Visit, inspection or work on the spot
case-work-travel = Travelling
case-work-records = Decisions, letters and records
case-back-mistyped = The time, the day or the kind was wrong
case-back-other-case = It was another case
case-back-twice = It was booked twice
case-back-not-charged = It is not to be charged

## Bills and agreements
dispute-amount = Enter an amount in pounds and pence, above nothing and at most { $most }
dispute-references-many = Name at most { $most } cases, or leave the box empty and doubt the line as a whole
dispute-references-unknown = This line does not charge for { $unknown }. Write the references as the line lists them
dispute-words-long = Write at most { $most } characters
dispute-words-missing = Say why
outturn-what = Say what it was spent on, in 200 characters or fewer
outturn-by = Choose the member that paid for it
outturn-amount = Enter an amount in pounds and pence, such as 478,316.20
outturn-nothing = Enter at least one cost
outturn-used = Enter how much it used, as a whole number
outturn-unused = Somebody has to have used something
outturn-because = Say why it is entered again
mail-escalated-subject = A dispute about { $number } was escalated to you
mail-escalated-body = { $amount } before VAT of { $number } is in dispute between your council and another, and one of the two asks you to look at it, as a contact that their agreement names.

    What it is about, and what was said, is here for those who may sign in:

    { $link }
book-reopen-reason = Say why it is opened again, in 200 characters or fewer
bank-account-name = Enter the name of the account, in 40 characters or fewer
bank-account-number = Enter the account number, 8 figures
bank-sort-code = Enter the sort code, 6 figures
intake-council = No council has this short name here. Write it as in its address, such as marlhaven
intake-headings = The first line has to hold headings out of Id, Consumer, Provider, Service, Meter, Quantity, Value, Occurred at, Reference, Reverses and Reason; the first three are needed
intake-id = An id is needed, of 100 characters or fewer
intake-key-name = Say which system gets the key, in 60 characters or fewer
intake-many = A batch has from 1 to 1,000 items
intake-meter = What is counted has to be payment.taken, message.sent, staff.minutes or unit; cases are counted here
intake-no-key = This key opens nothing here. Send Authorization: Bearer and a key of the council on whose host this is
intake-not-json = The body is not JSON of the form that is written down
intake-occurred = Write when it happened as 2026-11-02T09:30:00Z, not in the future nor more than 24 months ago
intake-other = This id came before with other content. Send a correction as an item that reverses it, and a new one
intake-parties = One of the two councils has to be the one that sends, and they are not the same
intake-quantity = Write how much above nothing, with at most three decimals, such as 1 or 2.5
intake-reason = Say why it is taken back, in 200 characters or fewer
intake-reason-alone = A reason goes with an item that reverses another
intake-reference = A reference has 60 characters or fewer
intake-refused = Nothing of this batch was taken in
intake-reversal-alone = An item that reverses another says nothing of its own: leave this out
intake-reversed = That item was taken back before
intake-reverses = It has to name another item of the same source between the same councils that counts something
intake-service = Write the short name of the service, such as pothole
intake-strangers = These two councils have no agreement with each other
intake-twice = This id stands in the batch twice
intake-value = Write what passed in pounds and pence, such as 12.50, or leave it out
review-prepared-again = These drafts were prepared again since you read them. Look at them, then send what you wrote if it still holds
remittance-amount = Enter an amount in pounds and pence
remittance-day = Enter a day, such as 24/11/2026
remittance-day-future = A payment that came cannot be of a day in the future
remittance-file-amount = The amount is not in pounds and pence, or is nothing
remittance-file-document = No bill { $number } is open between you and another council
remittance-file-empty = There are no rows
remittance-file-headings = The first line has to hold the headings Document, Amount, Paid on and Reference
remittance-file-long = A file has at most { $most } rows. Bring in the rest in another
remittance-file-negative = The rows of { $reference } come to less than nothing together
remittance-file-row = This row cannot be read: look at its quotation marks
remittance-part = On { $bill } { $most } is open: enter that or less
remittance-part-gone = Something that you wrote an amount for is no longer open. Look at what is, and write it again
remittance-parts-missing = Enter how much goes to a bill
remittance-reference = Enter the reference of the payment, in { $most } characters or fewer
remittance-sum = The bills get { $sum } together, which is not within the { $amount } that was paid
budget-alert-falls-short = { $reference }, { $service }: { $reached } expected by the end of the year, less than the budget of { $budget }
budget-alert-goes-over = { $reference }, { $service }: { $reached } expected by the end of the year, more than the budget of { $budget }
budget-alert-spent = { $reference }, { $service }: { $percent }% of the budget of { $budget } is spent, { $reached } so far
budget-amount = Enter the budget in pounds and pence, at most { $most }, or leave it empty for none
budget-fees = Fees, minimums and caps
budget-file-agreement = You have no agreement { $reference } with this council on this side in that financial year
budget-file-amount = The budget is not in pounds and pence, or is below nothing or above { $most }
budget-file-council = No council is called that here
budget-file-empty = There are no rows
budget-file-headings = The first line has to hold the headings Year, Side, Council, Agreement, Service and Budget
budget-file-long = A file has at most { $most } rows. Bring in the rest in another
budget-file-row = This row cannot be read: look at its quotation marks
budget-file-service = That agreement has no service called that. Write its name or its short name, or leave it empty for fees, minimums and caps
budget-file-side = The side has to be Earned or Owed
budget-file-twice = This service stands in the file twice, first in line { $line }
budget-file-year = The year has to be { $this } or { $next }
budget-thresholds = Enter up to five whole numbers from 1 to 1,000 with commas between them, such as 80, 100
commercial-mail-budgets-subject = Budgets: a threshold was passed
commercial-mail-budgets-body = Thresholds of your budgets with other councils were passed, before VAT:

    { $lines }

    See budget against actual: { $link }

    { $council }
commercial-mail-ending-subject = Agreement { $reference } ends after { $until }
commercial-mail-ending-body = The term of agreement { $reference }, { $title }, is over on { $until }. From that day nobody takes new work under it.

    The last day for notice is { $notice }. If the work is to go on, both councils have to sign a variation or another agreement in time.

    Read the agreement: { $link }

    { $council }
commercial-mail-review-subject = Agreement { $reference } was to be reviewed by { $review }
commercial-mail-review-body = Both councils were to look at agreement { $reference }, { $title }, again by { $review }. That day is past.

    A variation that both sign, with a later review date, says that you have.

    Read the agreement: { $link }

    { $council }
commercial-office-missing = Enter your office, in 100 characters or fewer
commercial-wrong-proof = That password or code is not right. Codes work once: wait for a new one

## Proposing a variation
variation-changed-meanwhile = { $name } has saved this draft since you opened it. Save again to put yours in its place, or open the page anew to see theirs
variation-hint-day = For example, 2027-04-01 or 1/4/2027
variation-hint-optional = Leave it empty for none
variation-hint-outcomes = Where closings are counted, one outcome a line; leave it empty for all
variation-hint-review-days = Working days on which the consumer reads a bill before it is issued; 0 for none
variation-hint-until = The first day on which it no longer holds, for example 1/4/2029
variation-overlaps = { $reference } provides { $service } already, { $days }. No two agreements may name a service for the same day
variation-says-the-same = This says what variation { $variation } says. Change something before you offer it
variation-service-unknown = { $consumer } has no service { $service }. Choose one from the list, or remove this row
variation-key-amount = Amount
variation-key-band = Bands
variation-key-bill-review-days = Days to read a bill
variation-key-description = What the bill calls it
variation-key-email = Email address
variation-key-free = Units free each month
variation-key-from = First day
variation-key-included = Units a month in the fee
variation-key-item-maximum = At most for each item
variation-key-item-minimum = At least for each item
variation-key-kind = How it is charged
variation-key-legal-basis = Legal basis
variation-key-maximum = At most in a month
variation-key-meter = What is counted
variation-key-minimum = At least in a month
variation-key-monthly = Fee for a month
variation-key-name = Name
variation-key-new = Another price
variation-key-notice-days = Days of notice that end it
variation-key-office = Office
variation-key-outcomes = Which outcomes
variation-key-party = Council
variation-key-payment-terms-days = Days from issue until a bill is due
variation-key-percent = Share of the value
variation-key-price = Price
variation-key-purchase-order = The consumer’s order number
variation-key-reversed-when = Taken back when
variation-key-review-on = Day by which both look at it again
variation-key-service = What it charges for
variation-key-size = Units in a package
variation-key-slug = Service
variation-key-tariff = Prices
variation-key-title = Title
variation-key-unit-price = Price for one
variation-key-units = Units in advance
variation-key-until = End of the term
variation-key-up-to = Up to and including
variation-key-vat = VAT
variation-key-vat-approver = Who decided the VAT
variation-key-vat-reason = Why it is treated so
variation-kind-allowance = Monthly fee with units in it
variation-kind-cap = Cap on a month
variation-kind-graduated = Bands, each unit at its band’s price
variation-kind-monthly-minimum = Minimum for a month
variation-kind-package = Packages of units
variation-kind-percentage = Share of a value
variation-kind-prepaid = Units paid for in advance
variation-kind-standing = Standing charge
variation-kind-unit = One price for each unit
variation-kind-volume = Bands, all units at the total’s price
variation-kind-yearly-minimum = Minimum for a financial year
variation-vat-exempt = Exempt
variation-vat-outside-scope = Outside the scope of VAT
variation-vat-reduced = Reduced rate
variation-vat-standard = Standard rate
variation-vat-zero = Zero rate

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
audit-case-doubted = Looked up which case is doubted
audit-case-take = Took a case
audit-case-note = Added a note
audit-case-own-note = Added a note for their own council
audit-case-update = Told the citizen something
audit-case-resolve = Resolved a case
audit-case-return = Returned a case
audit-case-time = Booked time to a case
audit-case-time-back = Took back time booked to a case
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
audit-bank-confirm = Confirmed where bills are paid
audit-bank-enter = Entered where bills are to be paid
audit-bill-agree = Agreed to the drafts of a bill
audit-bill-review = Sent the drafts of a bill for review
audit-outturn-enter = Entered what was spent together in a year
audit-remittance-allocate = Put a payment against bills
audit-remittance-enter = Entered a payment
audit-remittance-receive = Said that a payment came
audit-remittance-refuse = Said that a payment did not come
audit-remittance-reverse = Reversed a payment
audit-remittance-withdraw = Withdrew a payment
audit-budget-set = Set budgets
audit-book-close = Closed a month of the book for good
audit-book-reopen = Opened a month of the book again
audit-book-soft-close = Closed a month of the book softly
audit-key-make = Made a key for another system
audit-key-revoke = Took a key of another system back
audit-usage-take-in = Took usage in from another system
audit-dispute-accept = Accepted a dispute
audit-dispute-escalate = Escalated a dispute
audit-dispute-propose = Proposed how to settle a dispute
audit-dispute-raise = Disputed a line of a bill
audit-dispute-reject = Rejected a dispute
audit-dispute-send-back = Sent a proposal about a dispute back
audit-dispute-withdraw = Withdrew a dispute
audit-document-credit = Issued a credit note
audit-document-issue = Issued a bill
audit-task-pin = Pinned a task to the front page
audit-task-unpin = Unpinned a task of the front page
audit-task-hide = Took a task off the front page
audit-task-show = Brought a task back to the front page

## What the page of services says
staff-few = fewer than 10
staff-about = about { $n }
staff-left-first = Before the first answer
