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
error-internal = Something has gone wrong on our side. Nothing you have sent us is lost. Try again in a few minutes.
error-unknown-host = No council is served at this address.
error-conflict-state = Somebody else has changed this since you opened the page. Look at it again, then decide.

## Staff: what forms say
staff-sign-in-failed = Check your email address, password and code. One of them is not right.
staff-confirm-failed = Check your password and code. One of them is not right.
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
staff-demonstration-only = People get a password without a link only in a demonstration database.

## Staff: what the audit's actions are called
audit-staff-sign-in = Signed in
audit-staff-sign-in-failed = Failed to sign in
audit-staff-confirm-failed = Gave a wrong password or code
audit-staff-sign-out = Signed out
audit-staff-sign-out-everywhere = Signed out on every device
audit-staff-add = Added a person
audit-staff-invite = Made a new link for a person
audit-staff-join = Set up their account
audit-staff-deactivate = Removed a person
audit-case-read = Read a case
audit-case-contact = Read contact details
audit-case-take = Took a case
audit-case-note = Added a note
audit-case-own-note = Added a note for their own council
audit-case-update = Told the citizen something
audit-case-resolve = Resolved a case
audit-case-return = Returned a case
