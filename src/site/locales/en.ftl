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
