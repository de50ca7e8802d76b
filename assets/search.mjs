// Suggestions under the search box, on the pages that have one: what makes them is fetched when the box is first used, and
// without it the form searches as it is. What the box says to screen readers is on it, in the page's language.
const box = document.querySelector('.mh-search[data-suggest]')
const escaped = (text) => Object.assign(document.createElement('p'), { textContent: text }).innerHTML

const enhance = async (input) => {
  await import('./accessible-autocomplete.min.js')
  const { suggest, hint, none, one, many, selected } = box.dataset
  const wasFocused = document.activeElement === input
  const place = document.createElement('div')
  place.className = 'mh-search__suggest'
  let latest = 0
  input.replaceWith(place)
  self.accessibleAutocomplete({
    element: place,
    id: input.id,
    name: input.name,
    minLength: 2,
    confirmOnBlur: false,
    showNoOptionsFound: false,
    displayMenu: 'overlay',
    source: async (query, show) => {
      const asked = ++latest
      const answer = await fetch(`${suggest}?q=${encodeURIComponent(query)}`).catch(() => null)
      const found = answer?.ok ? await answer.json() : []
      // A slow answer to what was typed before is of no use any more.
      if (asked === latest) show(found)
    },
    templates: {
      inputValue: (found) => found?.label ?? '',
      suggestion: (found) => `<span>${escaped(found.label)}</span> <span class="mh-does">${escaped(found.does)}</span>`
    },
    onConfirm: (found) => { if (found) location.assign(found.address) },
    tAssistiveHint: () => hint,
    tStatusQueryTooShort: () => '',
    tStatusNoResults: () => none,
    tStatusSelectedOption: (label, length, index) =>
      selected.replace('%{label}', label).replace('%{index}', index + 1).replace('%{count}', length),
    tStatusResults: (length, chosen) => `${length === 1 ? one : many.replace('%{count}', length)} ${chosen}`
  })
  const field = place.querySelector('input')
  field.type = 'search'
  field.spellcheck = false
  // Enter in the box searches for what was typed, also while suggestions are open.
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    event.stopPropagation()
    field.form.requestSubmit()
  }, true)
  if (input.value) {
    // As if it were typed: given as its first value, it would be taken for a suggestion.
    field.value = input.value
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  if (!wasFocused) return
  field.focus()
  // It selects all that is there when it gets the focus; the next key must not replace what was just typed.
  setTimeout(() => field.setSelectionRange(field.value.length, field.value.length))
}

box?.querySelector('input').addEventListener('focus', (event) => enhance(event.target), { once: true })
// The box may have been used before this arrived.
if (box && document.activeElement?.parentElement === box) enhance(document.activeElement)
