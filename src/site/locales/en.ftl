# Sentences for citizens, and the frame of every page. Keys are room-what. Plain words, no "please", no "invalid".
# `cy.ftl` has the same keys in Welsh; what only staff read is in `staff.ftl`.

## The frame
frame-skip = Skip to main content
frame-nav = Your cases and staff
frame-track = Track a case
frame-account = Your account
frame-sign-in = Staff sign in
frame-support = Support links
frame-help = Help and contact
frame-accessibility = Accessibility
frame-privacy = Privacy
frame-cookies = Cookies
frame-website = Council website
frame-back = Back
frame-language = Language
frame-language-name = English
frame-unreviewed = This is a demonstration: no translator has checked its Welsh.

## Errors
error-title = There is a problem
error-summary = There is a problem
error-home = Go to the front page
error-call = Or call us on { $phone }.
error-not-found = We cannot find that page. If you typed the address, check it; if you followed a link, it may have moved.
error-forged = This form has expired or was sent from another site. Go back, reload the page and try again. What you typed before is saved.
error-too-many = You have tried that too many times. Wait a few minutes and try again.
error-busy = We are very busy just now. Wait a few seconds and try again: nothing you have sent us is lost.
error-malformed = We could not understand that request. Go back and use the form on the page.
error-too-large = What you sent is too much at once. Go back and shorten what you typed, or choose smaller files. What you sent us before is saved.
error-internal = Something has gone wrong on our side. Nothing you have sent us is lost. Try again in a few minutes.
error-again = Send it again
error-unknown-host = No council is served at this address.

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
search-none-words = Try other words, or fewer of them. Or look through the list:
search-found = What you can do about “{ $words }”

## A service's first page
service-ask = What we will ask
service-saved = What you type is kept on this device for 24 hours. To have longer, or to go on with it on another device, save it: then we keep it for 4 weeks.
service-files = What you may be asked for
service-files-about = A photo of a letter or document will do.
service-start = Start now
service-begun = Go on with the form that you began
service-begun-about = Or start a new one.
service-return = Come back to a form that you saved
privacy-heading = How we use what you tell us
privacy-purpose = { $council } uses what you tell us { $purpose }.
privacy-partner = { $partner } does this work for { $council } and will handle your case. It may use what you tell us only for this.
privacy-own = Your case is handled by { $council }’s own staff.
privacy-basis = { $months ->
    [one] We rely on { $basis }. We keep your case for { $months } month after it is closed.
   *[other] We rely on { $basis }. We keep your case for { $months } months after it is closed.
}
privacy-more = Read our full privacy notice

## Forms
form-title-error = Error:{" "}
form-error = Error:
form-continue = Continue
form-optional = { $question } (optional)
form-at-most = You can enter up to { $most } characters
form-left = You have %{"{"}count{"}"} characters remaining
form-none-left = You have 0 characters remaining
form-over = You have %{"{"}count{"}"} characters too many
form-left-one = You have %{"{"}count{"}"} character remaining
form-over-one = You have %{"{"}count{"}"} character too many
form-date-day = Day
form-date-month = Month
form-date-year = Year
form-address-line1 = Address line 1
form-address-line2 = Address line 2 (optional)
form-address-town = Town or city
form-address-postcode = Postcode
form-bank-name = Name on the account
form-bank-sort = Sort code
form-bank-account = Account number
form-safe-to = Phone number or email address that is safe
form-safe-hours = When is it safe to contact you? (optional)
form-safe-voicemail = It is safe to leave a voicemail message
form-safe-code = A code word, so that you know it is us (optional)
form-kept = We have your answer. Leave this empty to keep it, or type another.
form-declaration = Declaration
form-select = Choose one
form-list-add = Do you want to add another { $item }?
form-list-choose = Select yes if you want to add another
form-list-remove = Remove
form-end-nothing-sent = Nothing that you typed here was sent to us.
forms-yes = Yes
forms-no = No
forms-declared = I declare this
forms-safe-phone = Call me
forms-safe-text = Send me a text message
forms-safe-email = Email me
forms-safe-never = Do not contact me. I will contact you.
forms-safe-may-leave-message = A voicemail message may be left
forms-safe-no-message = Do not leave a message
forms-error-empty = Enter an answer to “{ $question }”
forms-error-too-long = Your answer to “{ $question }” must be { $most } characters or fewer
forms-error-email = Enter an email address in the right form, like name@example.com
forms-error-telephone = Enter a telephone number, like 01632 960 001 or 07700 900 982
forms-error-money = “{ $question }” must be an amount in pounds, like 120 or 120.50
forms-error-time = “{ $question }” must be a time, like 9:30am or 14:30
forms-error-web = Enter a web address, like https://www.example.com
forms-error-national-insurance = Enter a National Insurance number, like AB 12 34 56 C
forms-error-vehicle = Enter a vehicle registration, like AB12 CDE
forms-error-declare = Tick the box to declare this
forms-error-bank-name = Enter the name on the account
forms-error-bank-sort = Enter a sort code of 6 digits, like 30 94 30
forms-error-bank-account = Enter an account number of 6 to 8 digits, like 00733445
forms-error-safe-way = Select how we may contact you safely
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

## The last page
safe-title = Step
safe-exit = Exit this page
safe-emergency = Emergency
safe-activated = Leaving.
safe-press-2 = Shift, press 2 more times to leave.
safe-press-1 = Shift, press 1 more time to leave.
safe-timed-out = Leaving was cancelled.
safe-before = Before you start: leaving this page quickly
safe-quickly = To leave quickly
safe-quickly-how = Select “Exit this page”, or press the Shift key 3 times. We will:
safe-quickly-weather = show a page about something else instead, such as the weather
safe-quickly-delete = delete the answers that you have not sent
safe-quickly-forget = forget that this device was here
safe-history = This does not clear your browsing history. Someone who checks this device could still see that you visited the council's website. If they have put spying software on it, they may see more.
safe-other = Other ways to stay safe
safe-other-device = Use a private window, or a device that nobody else checks.
safe-other-contact = We ask first how we may contact you safely. We contact you in no other way.
check-title = Check your answers
check-change = Change
check-not-given = Not given
check-left-out = After what you changed, these are not asked any more. What you answered there is not sent:
check-now-report = Now send your report
check-now-pay = Now pay
check-now-request = Now send your request
check-send-report = Send report
check-send-pay = Pay
check-send-request = Send request
check-trap = Leave this box empty
check-trapped = A box that people do not see was filled in, so this looks like a program. Press send again.

## The receipt
receipt-title-report = Report sent
receipt-title-pay = Paid
receipt-title-request = Request sent
receipt-reference = Your reference is
receipt-mailed = We have saved this and are emailing you the reference.
receipt-not-mailed = We have saved this. We do not send it to you, so write the reference down.
receipt-told = What you told us
receipt-print = Print this page
receipt-next = What happens next
receipt-target = { $days ->
    [one] We aim to finish within { $days } working day.
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
upload-added = Added
upload-infected = Removed: it contained a virus
upload-unreadable = Removed: the picture could not be read
upload-no-picture = { $name } must be a photo (JPEG or PNG)
form-file-kinds = PDF, photo (JPEG or PNG), DOCX or ODT, each smaller than 20 MB.
form-file-photos = Photos (JPEG or PNG), each smaller than 20 MB.
form-file-most = { $most ->
    [1] You can add 1 file.
   *[other] You can add up to { $most } files.
}
form-file-add = { $most ->
    [1] Add this file
   *[other] Add these files
}
form-file-remove = Remove
form-file-full = You have added as many files as you can. Remove one to add another.
forms-error-file = Choose a file: { $question }
forms-error-file-infected = { $name } contained a virus, so we removed it. Remove it from the list and choose another file.
forms-error-file-unreadable = { $name } is a picture that we cannot read. Remove it from the list and choose another file.
cases-automatic = The file check
cases-event-file-infected = We could not keep the file { $name }: it contained a virus. The rest of what you sent is safe with us. Send us a message if you have another copy.
cases-event-file-unreadable = We could not keep the file { $name }: it is a picture that cannot be read. The rest of what you sent is safe with us. Send us a message if you have another copy.
track-event-file-lost = A file could not be kept

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
track-promise-withdrawn = You told us that you no longer need this. We have stopped working on it.
track-next-new = It is waiting for somebody in the team to take it on. You do not need to do anything.
track-next-in-progress = Somebody in the team is working on it. We tell you here when there is news.
track-next-returned = We are passing it to another team. You do not need to do anything.
track-next-answer = You asked us why it is late. We will answer by { $date }.
track-step-received = Received
track-step-waiting = With the team
track-step-working = Being worked on
track-step-done = Finished
track-step-withdrawn = Withdrawn
track-here = You are here
track-due = Due { $date }
track-updates = Updates
track-ask = Questions about this case
track-ask-words = Call { $phone } or email { $email } and quote { $reference }.
track-event-opened = Received
track-event-update = Update
track-event-resolved = Finished

## What a timeline says
track-event-message = Your message
track-event-chased = You asked why it is late
track-event-withdrawn = You withdrew this
track-event-reopened = You reopened this
track-event-rated-yes = You told us that it is sorted
track-event-rated-no = You told us that it is not sorted
track-done = Done
track-done-message = We have your message. The team sees it with your case.
track-done-withdraw = This case is withdrawn.
track-done-chase = We have told the team that you are waiting.
track-done-reopen = This case is open again.
track-done-rate = You have told us whether it is sorted.
track-add = Add to this case
track-words-hint = The team that works your case reads this. Do not include bank or card details.
track-act-cancel = Go back without sending
follow-message-title = Send a message
follow-message-about = Tell us more, or ask about this case. We answer on your case’s page.
follow-message-words = Your message
follow-message-button = Send message
follow-withdraw-title = I no longer need this
follow-withdraw-about = We stop working on this case and close it. You cannot open it again.
follow-withdraw-words = Why you no longer need it (optional)
follow-withdraw-button = Withdraw this case
follow-reopen-title = It is not sorted: reopen this case
follow-reopen-about = The same team looks at it again, and the date by which we aim to finish is set anew.
track-reopen-until = You can reopen it until { $date }.
follow-reopen-words = What is still wrong
follow-reopen-button = Reopen this case
track-chase = This is late
track-chase-about = Ask us why. It moves to the front of the team’s list, and they answer within 5 working days.
track-chase-button = Ask why it is late
track-sorted = Is it sorted?
track-sorted-yes = Yes, it is sorted
track-sorted-no = No
track-sorted-said-yes = You told us: yes, it is sorted. You can change your answer.
track-sorted-said-no = You told us: no. You can change your answer.
track-error-message = Write your message
track-error-reopen = Tell us what is still wrong
track-error-long = Write 4,000 characters or fewer
track-error-changed = This case has changed since you opened the page, so we could not do that. Go back to it to see what you can do now.
cases-event-chased = We will answer by { $date }.
cases-event-rated-yes = It is sorted.
cases-event-rated-no = It is not sorted.
cases-event-opened = We have received this and passed it to the team.

## The account
account-about = See everything you have with { $council } in one place. Tell us your email address and we send you a link that signs you in. There is no password.
account-optional = You do not need an account to use any service or to follow a case.
account-email = Email address
account-email-hint = The one you gave when you told us something
account-send = Send me a link
account-error-email = Enter an email address in the right form, like name@example.com
account-news = What happens now
account-sent = We have sent an email to that address. Open the link in it within 15 minutes to sign in. It may take a few minutes to arrive.
account-out = You are signed out.
account-in = Sign in to your account
account-in-about = You stay signed in on this device for 30 days, or until you sign out. Do not sign in on a device that others use.
account-in-button = Sign in
account-gone = This link no longer works
account-gone-about = A link works once, for 15 minutes.
account-again = Send me another link
account-signed-in = You are signed in as { $email }.
account-cases = What you have with { $council }
account-none = You have nothing with us under this email address.
account-sent-on = Sent on { $opened }
account-dates = Sent on { $opened }, due { $due }
account-state-new = With the team
account-state-in-progress = Being worked on
account-state-returned = Being passed to another team
account-state-resolved = Finished
account-state-withdrawn = Withdrawn
account-pages = Pages
account-first = First page
account-next = Next page
account-sensitive = Some services are private, and what you tell us there is never shown in your account.
account-sign-out = Sign out
account-looked = Who has looked at your cases
account-looked-about = Each time somebody who works for a council opens your case, we write it down.
account-looked-none = Nobody has looked yet.
account-looked-case-read = Read your case
account-looked-case-contact = Read how to reach you

## Mail to citizens
mail-account-subject = Your link to sign in to { $council }
mail-account-body = Somebody, most likely you, asked to sign in to your account with { $council }. Open this link and press the button:
    { $link }

    It works once, within 15 minutes. If it was not you, you need do nothing: without this link nobody can sign in.

    { $council }
    { $phone }
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

    See what was done, and tell us whether it is sorted:
    { $link }

    { $council }
    { $phone }

## Pages every portal has
words-help = Help and contact
words-help-1 = Call { $council } on { $phone }, or email { $email }. Have your case reference ready if you have one.
words-help-2 = If you need this in another format, such as large print or easy read, or need an interpreter, tell us and we will arrange it.
words-accessibility = Accessibility
words-accessibility-1 = This statement is about the pages where you report, pay and request things online. { $council } runs them and wants as many people as possible to be able to use them.
words-accessibility-2 = You should be able to use every page with a keyboard alone, with JavaScript turned off, on a small screen or at 400% zoom, and in colours of your own. The pages are made for screen readers and voice control too.
words-accessibility-format = If you need another format
words-accessibility-3 = If you need something on this website in another format, such as large print, easy read, an audio recording or braille, call { $phone } or email { $email }. Tell us which page it is and what you need. We will answer within 5 working days.
words-accessibility-problem = If something does not work for you
words-accessibility-4 = If you find something that does not work for you, or that does not meet the rules named here, call { $phone } or email { $email }. We will answer within 5 working days.
words-accessibility-enforced = If you are not happy with our answer
words-accessibility-5 = The Equality and Human Rights Commission (EHRC) enforces the Public Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018. If you are not happy with our answer, contact the Equality Advisory and Support Service (EASS): equalityadvisoryservice.com.
words-accessibility-status = How accessible this website is
words-accessibility-6 = { $council } is committed to making its website accessible, as those regulations ask.
words-accessibility-7 = This website is partially compliant with level AA of the Web Content Accessibility Guidelines version 2.2. We know of nothing in it that fails them, but people who use assistive technology have not yet tested it.
words-accessibility-tested = How it was tested
words-accessibility-8 = This statement was prepared on 24 November 2026. It rests on automatic tests, which run each time the software changes: a checker reads every kind of page in each language, and a journey is made by keyboard alone. Such tests do not find everything.
words-privacy = Privacy
words-privacy-1 = { $council } is the controller of what you tell us here. To ask what we hold about you, to have it put right, or to object, email { $email } or call { $phone }.
words-privacy-2 = Where another council does the work for us, the first page of the service names it. It acts on our instructions under an agreement that both councils have signed.
words-privacy-3 = What you type is kept for 24 hours while you fill in a form, and erased if you do not send it.
words-privacy-4 = If you are not happy with how we use your information, you can complain to the Information Commissioner’s Office (ico.org.uk).
words-privacy-services = What each service relies on
words-privacy-service = Service
words-privacy-basis = The law we rely on
words-privacy-kept = Kept after closing
words-privacy-months = { $months ->
    [one] { $months } month
   *[other] { $months } months
}
words-cookies = Cookies
words-cookies-1 = This website sets one cookie when you start a form or look up a case. It lets you come back to what you have typed, and it protects the form. It lasts until you close your browser. It does not track you.
words-cookies-2 = If you choose a language, a second cookie remembers it until you close your browser.
words-cookies-3 = If you sign in to your account, a cookie keeps you signed in on this device for 30 days, or until you sign out. Staff who sign in get another. If you leave a private page by “Exit this page”, a cookie remembers for 15 minutes not to show it again. There are no other cookies, and nothing from other companies.
## Bills

## Save and return
form-later = Save and come back later
later-title = Your answers are saved
later-until = Come back by { $until }. After that we erase what you typed.
later-by-mail = Get a link by email
later-email-hint = We use it for this link and for one reminder, and for nothing else.
later-send = Send me the link
later-sent-title = Sent
later-sent = We have sent the link to { $email }. It may take a few minutes to arrive.
later-by-code = Or write down this code
later-code-about = You can use it on any device, at
later-code-private = Anybody who has the code can read and change your answers. Keep it to yourself.
later-shared = Do others use this device?
later-shared-about = Close the form here, so that nobody opens it after you. Write down the code or get the link first: you need one of them to come back.
later-leave = Close the form on this device
later-now = Not finished yet?
later-go-on = Go on with the form
return-title = Come back to a form that you saved
return-about = The form opens on this device, with everything that you typed. Where you filled it in before, it is closed.
return-code = Code
return-code-hint = 16 letters and numbers, like K7QM-4T2P-9XHD-2C6R
return-error-empty = Enter the code that you wrote down
return-error-unknown = We have no form under this code. Check each letter and number. The form may also have been erased, or opened at another council.
mail-draft-subject = Your form: { $service }
mail-draft-body = Open this link and press the button to go on with your form:
    { $link }

    Your answers are kept until { $until }. After that we erase them. Anybody who has the link can read and change them, so do not pass it on.

    { $council }
    { $phone }
mail-draft-ends-subject = Your form ends soon: { $service }
mail-draft-ends-body = You began a form and have not sent it. We erase your answers after { $until }. To go on with it, open this link and press the button:
    { $link }

    If you no longer need it, you need not do anything.

    { $council }
    { $phone }
## Addresses and places
form-address-find = Find address
form-address-find-postcode = Postcode
form-address-house = House number or name (optional)
form-address-select = Select an address
form-address-found = { $n ->
    [one] { $n } address found
   *[other] { $n } addresses found
}
form-address-change = Change postcode
form-address-hand = Enter the address by hand
form-address-not-listed = The address is not listed: enter it by hand
form-address-by-postcode = Find the address by its postcode
form-address-abroad = The address is outside the UK
form-address-town-abroad = Town or city (optional)
form-address-country = Country
form-location-postcode = Postcode, if you know it (optional)
form-location-elsewhere = Tell { $council } instead
form-from-account = We have filled in the details of your account, { $email }. Change them if they are not right for this.
form-search-hint = Type to search the list. When there are answers, use the up and down arrows to look through them and Enter to choose one. On a touch screen, tap one.
form-search-none = Nothing in the list matches
form-search-one = 1 answer.
form-search-some = %{"{"}count{"}"} answers.
form-search-chosen = %{"{"}option{"}"} is highlighted.
forms-uprn = UPRN
forms-error-address-find = Enter a postcode and select “Find address”, or enter the address by hand
forms-error-address-none = We cannot find any addresses at { $postcode }. Check the postcode, or enter the address by hand.
forms-error-address-choose = Select the address, or enter it by hand
forms-error-address-country = Enter the country
forms-error-location-theirs = { $postcode } is in the area of { $council }. Tell them instead, or change the place.
forms-error-location-outside = { $postcode } is not in our area, as far as we know. Check the postcode, or leave it empty and describe the place.
## The tasks of the front page, suggestions, and what is found
front-top = Top tasks
front-outside = on another site
front-all-report = All reports ({ $count })
front-all-pay = All payments ({ $count })
front-all-request = All requests ({ $count })
services-title = Everything you can do here
search-does-report = Report
search-does-pay = Pay
search-does-request = Request
search-does-information = Read
search-does-elsewhere = On another site
search-there = { $does }, on another site
search-whose = { $council } does this
search-private = You can talk to us about this in private.
search-found-private = What you can do
suggest-hint = When suggestions come up, use the up and down arrows to look through them and enter to go to one.
suggest-none = No suggestions. Press enter to search.
suggest-one = 1 suggestion.
suggest-many = %{"{"}count{"}"} suggestions.
suggest-selected = %{"{"}label{"}"}, %{"{"}index{"}"} of %{"{"}count{"}"}
## A service that is no longer offered
service-retired = “{ $service }” is no longer offered online
service-retired-search = You may find what you need under another name. Tell us in a few words what it is.
service-retired-begun = If you began this form before, you can go on with it and send it.

## A bill as printed
print-invoice = Invoice
print-demand = Demand
print-credit-note = Credit note
print-to-pay = To pay by { $date }
print-settled = Settled by { $date }
print-credited = Credited on { $date }
print-supplier = Supplier
print-customer = Customer
print-facts = Details
print-vat-number = VAT number { $number }
print-issued-on = Issued on
print-tax-point = Issued on, the tax point
print-period = Period billed
print-period-days = { $from } to { $last }
print-agreement = Agreement
print-variation = { $reference }, variation { $number }
print-about = What it is about
print-order = Order number
print-corrects = What this corrects
print-corrects-line = It takes back what line { $line } of { $bill } charged too much. Nothing else of that bill changes.
print-because = Why
print-lines = Lines
print-lines-summary = One row for each line, then what they come to.
print-line = Line
print-what = Description
print-events = Events
print-quantity = Quantity
print-price = Unit price
print-amount = Amount
print-before-vat = Before VAT
print-vat-rate = VAT at { $rate }%
print-vat-exempt = Exempt from VAT
print-vat-outside = Outside the scope of VAT
print-vat-on = { $label } on { $net }
print-total = Total
print-demand-note = What this charges for is outside the scope of VAT. It is no VAT invoice, and there is no VAT on it to claim back.
print-shared-month = { $amount } is spent together in the month
print-shared-year = Outturn { $year }: { $amount } was spent together
print-share = Share
print-borne = Pays for itself
print-charged = Charged by month
print-left = To pay
print-pay = How to pay
print-pay-words = Pay { $amount } by { $date } by bank transfer to this account, and quote { $number }.
print-pay-name = Account name
print-pay-sort = Sort code
print-pay-account = Account number
print-pay-quote = Payment reference
print-treatment = Why VAT treats the lines so
print-treated-line = { $label }: line { $lines }
print-treated-lines = { $label }: lines { $lines }
print-decided = Decided by { $name }
print-record = The record of this document
print-prepared = Prepared by { $name }.
print-issued = Issued by { $name }.
print-fingerprint = Both councils hold the same record of this document, which can never change. Its fingerprint (SHA-256) is
print-page = Page { $page } of { $pages }
