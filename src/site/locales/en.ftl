# Sentences for citizens and the frame of every page. Keys are room-what. Plain words, no "please", no "invalid".

## The frame
frame-skip = Skip to main content
frame-nav = Your cases and staff
frame-track = Track a case
frame-sign-in = Staff sign in
frame-support = Support links
frame-help = Help and contact
frame-accessibility = Accessibility
frame-privacy = Privacy
frame-cookies = Cookies
frame-website = Council website
frame-back = Back

## Errors
error-title = There is a problem
error-summary = There is a problem
error-home = Go to the front page
error-call = Or call us on { $phone }.
error-not-found = We cannot find that page. If you typed the address, check it; if you followed a link, it may have moved.
error-denied = Your account does not have the role this page needs. Ask your administrator.
error-forged = This form has expired or was sent from another site. Go back, reload the page and try again. What you typed before is saved.
error-too-many = You have tried that too many times. Wait a few minutes and try again.
error-busy = We are very busy just now. Wait a few seconds and try again: nothing you have sent us is lost.
error-malformed = We could not understand that request. Go back and use the form on the page.
error-too-large = What you sent is too large. Go back and choose smaller files.
error-internal = Something has gone wrong on our side. Nothing you have sent us is lost. Try again in a few minutes.
error-unknown-host = No council is served at this address.
error-conflict-state = Somebody else has changed this since you opened the page. Look at it again, then decide.

## Staff: what forms say
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
staff-outcome-missing = Select an outcome
staff-return-missing = Select a reason
staff-done-take = You have taken this case.
staff-done-note = Your note is saved.
staff-done-update = The citizen can read your update.
staff-done-resolve = The case is resolved.
staff-done-return = The case is returned to its council.
staff-reference-lost = No council here has a reference like that: a character is missing or wrong.

## Staff: what the audit's actions are called
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
## The front page and search
front-title = Report, pay or request
front-search = Search everything you can do online
front-search-button = Search
front-often = People often search for:
front-lane-report = Report
front-lane-pay = Pay
front-lane-request = Request
front-track = Track something you have told us about
front-information = Looking for information?
front-information-words = News, councillors, policies and meetings are on the main council website.
search-title = Search
search-empty = Type what you need to do, for example "pothole".
search-none = We did not find a service for that
search-none-words = Try other words, or fewer of them. The front page lists everything you can do here.
search-found = What you can do about “{ $words }”
search-outside = On the main council website.

## A service's first page
service-ask = What we will ask
service-saved = It takes about two minutes. What you type is kept for 24 hours on this device, so you can stop and come back.
service-start = Start now
privacy-heading = How we use what you tell us
privacy-purpose = { $council } uses what you tell us { $purpose }.
privacy-partner = { $partner } does this work for { $council } and will handle your case. It may use what you tell us only for this.
privacy-own = Your case is handled by { $council }’s own staff.
privacy-basis = We rely on { $basis }. We keep your case for { $months } months after it is closed.
privacy-more = Read our full privacy notice

## Forms
form-title-error = Error:{" "}
form-error = Error:
form-progress = { $service }: page { $n } of { $m }
form-continue = Continue
form-optional = { $question } (optional)
form-at-most = You can enter up to { $most } characters
form-date-day = Day
form-date-month = Month
form-date-year = Year
form-address-line1 = Address line 1
form-address-line2 = Address line 2 (optional)
form-address-town = Town or city
form-address-postcode = Postcode
forms-yes = Yes
forms-no = No
forms-error-empty = Enter an answer to “{ $question }”
forms-error-too-long = Your answer to “{ $question }” must be { $most } characters or fewer
forms-error-email = Enter an email address in the right form, like name@example.com
forms-error-telephone = Enter a telephone number, like 01632 960 001 or 07700 900 982
forms-error-number = “{ $question }” must be a whole number, like 3
forms-error-number-small = “{ $question }” must be { $least } or more
forms-error-number-large = “{ $question }” must be { $most } or fewer
forms-error-choose = Select an answer to “{ $question }”
forms-error-choose-many = Select at least one answer to “{ $question }”
forms-error-choose-alone = For “{ $question }”, select “{ $alone }” or the other answers, not both
forms-error-date-empty = Enter a date for “{ $question }”
forms-error-date-day = The date for “{ $question }” must include a day
forms-error-date-month = The date for “{ $question }” must include a month
forms-error-date-year = The date for “{ $question }” must include a year
forms-error-date-real = The date for “{ $question }” must be a real date, like 14 11 2026
forms-error-date-early = The date for “{ $question }” must be on or after { $first }
forms-error-date-late = The date for “{ $question }” must be on or before { $last }
forms-error-date-future = The date for “{ $question }” must be today or in the past
forms-error-address-line1 = Enter the first line of the address
forms-error-address-town = Enter the town or city
forms-error-address-postcode = Enter the postcode
forms-error-address-postcode-real = Enter a full UK postcode, like SW1A 1AA
check-title = Check your answers
check-change = Change
check-not-given = Not given
check-now-report = Now send your report
check-now-pay = Now pay
check-now-request = Now send your request
check-send-report = Send report
check-send-pay = Pay
check-send-request = Send request
check-trap = Leave this box empty
check-trapped = A box that people do not see was filled in, so this looks like a program. Press send again.
receipt-title-report = Report sent
receipt-title-pay = Paid
receipt-title-request = Request sent
receipt-reference = Your reference is
receipt-mailed = We have saved this and are emailing you the reference.
receipt-next = What happens next
receipt-target = { $days ->
    [1] We aim to finish within 1 working day.
   *[other] We aim to finish within { $days } working days.
}
receipt-track = Track this case
receipt-private = That link is private: anybody who has it can see what happens with your case.

## Files that are added to a form
upload-empty = { $name } is empty
upload-too-large = { $name } must be smaller than 20 MB
upload-wrong-kind = { $name } must be a PDF, a photo (JPEG or PNG) or a document (DOCX or ODT)
upload-too-many = { $name } was not added: you have added as many files as you can
upload-waiting = Being checked
upload-clean = Checked for viruses
upload-unscanned = Not checked for viruses
upload-infected = Removed: it contained a virus
upload-unreadable = Removed: the picture could not be read

## Following a case
track-reference = Case reference
track-reference-hint = For example, { $prefix }-7K3Q-9F2TX
track-contact = Email address or telephone number
track-contact-hint = The one you gave when you told us
track-button = Track your case
track-lost = If you have lost your reference, call us on { $phone }.
track-error-reference = Enter your case reference
track-error-reference-form = Check the reference: a character is missing or wrong
track-error-contact = Enter the email address or telephone number you gave
track-error-neither = We cannot find a case with this reference and this contact. Check both.
track-case = Case { $reference }
track-progress = Progress
track-promise = We aim to finish this by { $date }.
track-promise-late = We meant to finish this by { $date }. It is late, and we are sorry. We are still working on it.
track-promise-done = This is finished: { $outcome }.
track-step-received = Received
track-step-waiting = With the team
track-step-working = Being worked on
track-step-done = Finished
track-here = You are here
track-due = Due { $date }
track-updates = Updates
track-ask = Questions about this case
track-ask-words = Call { $phone } or email { $email } and quote { $reference }.
track-event-opened = Received
track-event-update = Update
track-event-resolved = Finished
cases-event-opened = We have received this and passed it to the team.
cases-event-taken = Taken by { $name }
cases-event-rerouted = Routed again, to { $team }
cases-return-not-ours = Not ours
cases-return-duplicate = Duplicate

## Mail to citizens
mail-received-subject = { $title }: we have received it ({ $reference })
mail-received-body = { $council } has received what you sent us.

    { $title }
    Your reference: { $reference }

    We aim to finish by { $due }. Follow what happens:
    { $link }

    That link is private: anybody who has it can see what happens with your case.

    { $council }
    { $phone }
mail-update-subject = { $title }: an update ({ $reference })
mail-update-body = { $council } has an update on { $reference }.

    { $words }

    Follow what happens:
    { $link }

    { $council }
    { $phone }
mail-resolved-subject = { $title }: finished ({ $reference })
mail-resolved-body = { $council } has finished { $reference }.

    { $words }

    See what was done:
    { $link }

    { $council }
    { $phone }

## Pages every portal has
words-help = Help and contact
words-help-1 = Call { $council } on { $phone }, or email { $email }. Have your case reference ready if you have one.
words-help-2 = If you need this in another format, such as large print or easy read, or need an interpreter, tell us and we will arrange it.
words-accessibility = Accessibility
words-accessibility-1 = { $council } wants as many people as possible to be able to use this website. It works with a keyboard, a screen reader and voice control, at 400% zoom, on an old phone, and with JavaScript turned off.
words-accessibility-2 = It is built to meet level AA of the Web Content Accessibility Guidelines version 2.2. Every page is checked by an automatic test each time the software changes; that test does not find everything.
words-accessibility-3 = If something does not work for you, call { $phone } or email { $email }. We will answer within 5 working days.
words-accessibility-4 = If you are not happy with our answer, contact the Equality Advisory and Support Service (EASS), which acts for the Equality and Human Rights Commission.
words-privacy = Privacy
words-privacy-1 = { $council } is the controller of what you tell us here. To ask what we hold about you, to have it put right, or to object, email { $email } or call { $phone }.
words-privacy-2 = Where another council does the work for us, the first page of the service names it. It acts on our instructions under an agreement that both councils have signed.
words-privacy-3 = What you type is kept for 24 hours while you fill in a form, and erased if you do not send it.
words-privacy-4 = If you are not happy with how we use your information, you can complain to the Information Commissioner’s Office (ico.org.uk).
words-privacy-services = What each service relies on
words-privacy-service = Service
words-privacy-basis = The law we rely on
words-privacy-kept = Kept after closing
words-privacy-months = { $months } months
words-cookies = Cookies
words-cookies-1 = This website sets one cookie when you start a form or look up a case. It lets you come back to what you have typed, and it protects the form. It lasts until you close your browser. It does not track you.
words-cookies-2 = Staff who sign in get a second cookie, which keeps them signed in. There are no other cookies, and nothing from other companies.
audit-queue-revive = Put what was set aside back in the queue

audit-agreement-offer = Put an agreement forward
audit-agreement-sign = Signed an agreement
audit-tariff-offer = Put prices forward
audit-bill-prepare = Prepared a bill
audit-document-issue = Issued a bill

## Bills
error-bill-unsigned = Both councils have to sign this agreement before anything is billed under it.
error-bill-month-running = That month is not over. Prepare its bill from the first day of the next.
error-bill-earlier-draft = An earlier month of this agreement is still a draft. Issue that first, so that late events are billed in order.
error-bill-issued = This bill has been issued. What comes late is billed with the next month.
error-bill-nothing = There is nothing to bill under this agreement for that month.
error-bill-unpriced = Something was counted that the agreement has no price for. Add the price, then prepare the bill again.
error-bill-same-person = You prepared this bill. Somebody else has to issue it.
commercial-office-missing = Enter your office, in 100 characters or fewer
commercial-wrong-proof = That password or code is not right. Codes work once: wait for a new one
error-bill-stale = This bill was prepared again, or what it counts has changed, since you looked at it. Look at it again, and prepare it again if need be; then issue it.
