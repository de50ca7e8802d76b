// Only pages of sensitive services load this: the way out works at once, also when the server does not answer.
import { createAll, ExitThisPage } from './govuk-frontend.min.js'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
createAll(ExitThisPage)

const exits = '.govuk-js-exit-this-page-button, .govuk-js-exit-this-page-skiplink'
// The entry of this page is replaced, so that Back does not lead here. The address on the link tells the server to forget;
// if the server has not answered within a second, the browser goes on without it.
const leave = (link) => {
  document.title = link.dataset.elsewhere
  document.documentElement.hidden = true
  setTimeout(() => location.replace(link.dataset.elsewhere), 1000)
  location.replace(link.href)
}

document.addEventListener('click', (event) => {
  const link = event.target.closest(exits)
  if (!link) return
  event.preventDefault()
  event.stopImmediatePropagation()
  leave(link)
}, true)

// Shift three times within five seconds.
let presses = []
window.addEventListener('keyup', (event) => {
  presses = event.key === 'Shift' ? [...presses.filter((at) => event.timeStamp - at < 5000), event.timeStamp] : []
  if (presses.length < 3) return
  event.stopImmediatePropagation()
  leave(document.querySelector(exits))
}, true)

// A page that the browser kept for Back is never shown as it was.
window.addEventListener('pagehide', () => { document.documentElement.hidden = true })
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
  else document.documentElement.hidden = false
})
