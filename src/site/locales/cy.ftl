# Brawddegau i ddinasyddion, a ffrâm pob tudalen: yr un allweddi ag `en.ftl`. Cymraeg clir, "chi", heb "os gwelwch yn dda".
# The sentences of `en.ftl` in Welsh. Terms are those of GOV.UK's and Welsh councils' own Welsh pages. Nouns after a number
# stay singular; after 2 they soften, so 2 is a case of its own. The council's name stands where nothing would mutate it.

## The frame
frame-skip = Mynd i’r prif gynnwys
frame-nav = Eich achosion a staff
frame-track = Dilyn achos
frame-sign-in = Mewngofnodi (staff)
frame-support = Dolenni cymorth
frame-help = Help a chysylltu
frame-accessibility = Hygyrchedd
frame-privacy = Preifatrwydd
frame-cookies = Cwcis
frame-website = Gwefan y cyngor
frame-back = Yn ôl
frame-language = Iaith
frame-language-name = Cymraeg
frame-unreviewed = Gwefan enghreifftiol yw hon: nid oes cyfieithydd wedi gwirio’r Gymraeg.

## Errors
error-title = Mae problem wedi codi
error-summary = Mae problem wedi codi
error-home = Mynd i’r dudalen flaen
error-call = Neu ffoniwch ni ar { $phone }.
error-not-found = Ni allwn ddod o hyd i’r dudalen honno. Os gwnaethoch deipio’r cyfeiriad, gwiriwch ef; os gwnaethoch ddilyn dolen, efallai fod y dudalen wedi symud.
error-forged = Mae’r ffurflen hon wedi dod i ben neu wedi’i hanfon o wefan arall. Ewch yn ôl, ail-lwythwch y dudalen a rhowch gynnig arall arni. Mae’r hyn a deipioch o’r blaen wedi’i gadw.
error-too-many = Rydych wedi rhoi cynnig ar hynny ormod o weithiau. Arhoswch ychydig funudau a rhowch gynnig arall arni.
error-busy = Rydym yn brysur iawn ar hyn o bryd. Arhoswch ychydig eiliadau a rhowch gynnig arall arni: nid oes dim rydych wedi’i anfon atom wedi’i golli.
error-malformed = Nid oeddem yn gallu deall y cais hwnnw. Ewch yn ôl a defnyddiwch y ffurflen ar y dudalen.
error-too-large = Mae’r hyn a anfonwyd gennych yn ormod ar unwaith. Ewch yn ôl a byrhau’r hyn a deipioch, neu ddewis ffeiliau llai. Mae’r hyn a anfonoch atom o’r blaen wedi’i gadw.
error-internal = Mae rhywbeth wedi mynd o’i le ar ein hochr ni. Nid oes dim rydych wedi’i anfon atom wedi’i golli. Rhowch gynnig arall arni ymhen ychydig funudau.
error-again = Anfon eto
error-unknown-host = Nid oes cyngor i’w gael yn y cyfeiriad hwn.

## The front page and search
front-title = Rhoi gwybod, talu neu wneud cais
front-search = Chwilio popeth y gallwch ei wneud ar-lein
front-search-button = Chwilio
front-often = Mae pobl yn aml yn chwilio am:
front-lane-report = Rhoi gwybod
front-lane-pay = Talu
front-lane-request = Gwneud cais
front-track = Dilyn rhywbeth rydych wedi rhoi gwybod i ni amdano
front-information = Chwilio am wybodaeth?
front-information-words = Mae newyddion, cynghorwyr, polisïau a chyfarfodydd ar brif wefan y cyngor.
search-title = Chwilio
search-empty = Teipiwch yr hyn y mae angen i chi ei wneud, er enghraifft "twll yn y ffordd".
search-none = Ni ddaethom o hyd i wasanaeth ar gyfer hynny
search-none-words = Rhowch gynnig ar eiriau eraill, neu lai ohonynt. Neu edrychwch drwy’r rhestr:
search-found = Yr hyn y gallwch ei wneud ynghylch “{ $words }”

## A service's first page
service-ask = Yr hyn y byddwn yn ei ofyn
service-saved = Cedwir yr hyn a deipiwch ar y ddyfais hon am 24 awr. I gael mwy o amser, neu i barhau ar ddyfais arall, cadwch hi: yna byddwn yn ei chadw am 4 wythnos.
service-files = Yr hyn y gallem ofyn amdano
service-files-about = Bydd llun o lythyr neu ddogfen yn gwneud y tro.
service-start = Dechrau nawr
service-begun = Parhau â’r ffurflen a ddechreuwyd gennych
service-begun-about = Neu ddechrau un newydd.
service-return = Dychwelyd at ffurflen a gadwyd gennych
privacy-heading = Sut rydym yn defnyddio’r hyn rydych yn ei ddweud wrthym
privacy-purpose = Mae { $council } yn defnyddio’r hyn rydych yn ei ddweud wrthym { $purpose }.
privacy-partner = Mae { $partner } yn gwneud y gwaith hwn ar ran { $council } a bydd yn delio â’ch achos. Caiff ddefnyddio’r hyn rydych yn ei ddweud wrthym at y diben hwn yn unig.
privacy-own = Staff { $council } ei hun sy’n delio â’ch achos.
privacy-basis = { $months ->
    [two] Ein sail gyfreithiol yw { $basis }. Rydym yn cadw’ch achos am { $months } fis ar ôl ei gau.
   *[other] Ein sail gyfreithiol yw { $basis }. Rydym yn cadw’ch achos am { $months } mis ar ôl ei gau.
}
privacy-more = Darllen ein hysbysiad preifatrwydd llawn

## Forms
form-title-error = Gwall:{" "}
form-error = Gwall:
form-continue = Parhau
form-optional = { $question } (dewisol)
form-at-most = Gallwch deipio hyd at { $most } nod
form-left = Mae gennych %{"{"}count{"}"} nod ar ôl
form-none-left = Nid oes gennych nodau ar ôl
form-over = Mae gennych %{"{"}count{"}"} nod yn ormod
form-left-one = Mae gennych %{"{"}count{"}"} nod ar ôl
form-over-one = Mae gennych %{"{"}count{"}"} nod yn ormod
form-date-day = Diwrnod
form-date-month = Mis
form-date-year = Blwyddyn
form-address-line1 = Llinell gyfeiriad 1
form-address-line2 = Llinell gyfeiriad 2 (dewisol)
form-address-town = Tref neu ddinas
form-address-postcode = Cod post
forms-yes = Ie
forms-no = Na
forms-error-empty = Rhowch ateb i “{ $question }”
forms-error-too-long = Rhaid i’ch ateb i “{ $question }” fod yn { $most } nod neu lai
forms-error-email = Rhowch gyfeiriad e-bost yn y fformat cywir, fel enw@example.com
forms-error-telephone = Rhowch rif ffôn, fel 01632 960 001 neu 07700 900 982
forms-error-number = Rhaid i “{ $question }” fod yn rhif cyfan, fel 3
forms-error-number-small = Rhaid i “{ $question }” fod yn { $least } neu fwy
forms-error-number-large = Rhaid i “{ $question }” fod yn { $most } neu lai
forms-error-choose = Dewiswch ateb i “{ $question }”
forms-error-choose-many = Dewiswch o leiaf un ateb i “{ $question }”
forms-error-choose-alone = Ar gyfer “{ $question }”, dewiswch “{ $alone }” neu’r atebion eraill, nid y ddau
forms-error-date-empty = Rhowch ddyddiad ar gyfer “{ $question }”
forms-error-date-day = Rhaid i’r dyddiad ar gyfer “{ $question }” gynnwys diwrnod
forms-error-date-month = Rhaid i’r dyddiad ar gyfer “{ $question }” gynnwys mis
forms-error-date-year = Rhaid i’r dyddiad ar gyfer “{ $question }” gynnwys blwyddyn
forms-error-date-real = Rhaid i’r dyddiad ar gyfer “{ $question }” fod yn ddyddiad go iawn, fel 14 11 2026
forms-error-date-early = Rhaid i’r dyddiad ar gyfer “{ $question }” fod ar { $first } neu ar ôl hynny
forms-error-date-late = Rhaid i’r dyddiad ar gyfer “{ $question }” fod ar { $last } neu cyn hynny
forms-error-date-future = Rhaid i’r dyddiad ar gyfer “{ $question }” fod heddiw neu yn y gorffennol
forms-error-address-line1 = Rhowch linell gyntaf y cyfeiriad
forms-error-address-town = Rhowch y dref neu’r ddinas
forms-error-address-postcode = Rhowch y cod post
forms-error-address-postcode-real = Rhowch god post llawn yn y DU, fel CF10 3NQ

## The last page
safe-title = Cam
safe-exit = Gadael y dudalen hon
safe-emergency = Argyfwng
safe-activated = Yn gadael.
safe-press-2 = Shift, pwyswch 2 waith eto i adael.
safe-press-1 = Shift, pwyswch unwaith eto i adael.
safe-timed-out = Ni fyddwch yn gadael.
safe-before = Cyn i chi ddechrau: gadael y dudalen hon yn gyflym
safe-quickly = I adael yn gyflym
safe-quickly-how = Dewiswch “Gadael y dudalen hon”, neu pwyswch y fysell Shift 3 gwaith. Byddwn yn:
safe-quickly-weather = dangos tudalen am rywbeth arall yn lle hynny, fel y tywydd
safe-quickly-delete = dileu’r atebion nad ydych wedi’u hanfon
safe-quickly-forget = anghofio bod y ddyfais hon wedi bod yma
safe-history = Nid yw hyn yn clirio eich hanes pori. Gallai rhywun sy’n edrych ar y ddyfais hon weld o hyd eich bod wedi ymweld â gwefan y cyngor. Os oes ganddynt feddalwedd ysbïo arni, gallant weld mwy.
safe-other = Ffyrdd eraill o gadw’n ddiogel
safe-other-device = Defnyddiwch ffenestr breifat, neu ddyfais nad oes neb arall yn edrych arni.
safe-other-contact = Rydym yn gofyn yn gyntaf sut y gallwn gysylltu â chi’n ddiogel. Nid ydym yn cysylltu mewn unrhyw ffordd arall.
check-title = Gwirio’ch atebion
check-change = Newid
check-not-given = Heb ei roi
check-now-report = Nawr anfonwch eich adroddiad
check-now-pay = Nawr talwch
check-now-request = Nawr anfonwch eich cais
check-send-report = Anfon yr adroddiad
check-send-pay = Talu
check-send-request = Anfon y cais
check-trap = Gadewch y blwch hwn yn wag
check-trapped = Cafodd blwch nad yw pobl yn ei weld ei lenwi, felly mae hyn yn edrych fel rhaglen. Pwyswch anfon eto.

## The receipt
receipt-title-report = Adroddiad wedi’i anfon
receipt-title-pay = Wedi talu
receipt-title-request = Cais wedi’i anfon
receipt-reference = Eich cyfeirnod yw
receipt-mailed = Rydym wedi cadw hyn ac yn anfon y cyfeirnod atoch mewn e-bost.
receipt-not-mailed = Rydym wedi cadw hyn. Nid ydym yn ei anfon atoch, felly ysgrifennwch y cyfeirnod.
receipt-told = Yr hyn a ddywedoch wrthym
receipt-print = Argraffu’r dudalen hon
receipt-next = Beth sy’n digwydd nesaf
receipt-target = { $days ->
    [two] Ein nod yw gorffen o fewn { $days } ddiwrnod gwaith.
   *[other] Ein nod yw gorffen o fewn { $days } diwrnod gwaith.
}
receipt-track = Dilyn yr achos hwn
receipt-private = Mae’r ddolen honno’n breifat: gall unrhyw un sydd â hi weld beth sy’n digwydd gyda’ch achos.

## Ffeiliau a ychwanegir at ffurflen
upload-empty = Mae { $name } yn wag
upload-too-large = Rhaid i { $name } fod yn llai na 20 MB
upload-wrong-kind = Rhaid i { $name } fod yn PDF, yn llun (JPEG neu PNG) neu’n ddogfen (DOCX neu ODT)
upload-too-many = Ni ychwanegwyd { $name }: rydych wedi ychwanegu cymaint o ffeiliau ag y gallwch
upload-waiting = Yn cael ei wirio
upload-clean = Wedi’i wirio am feirysau
upload-unscanned = Heb ei wirio am feirysau
upload-added = Wedi’i hychwanegu
upload-infected = Wedi’i dynnu: roedd feirws ynddo
upload-unreadable = Wedi’i dynnu: ni ellid darllen y llun
upload-no-picture = Rhaid i { $name } fod yn llun (JPEG neu PNG)
form-file-kinds = PDF, llun (JPEG neu PNG), DOCX neu ODT, pob un yn llai na 20 MB.
form-file-photos = Lluniau (JPEG neu PNG), pob un yn llai na 20 MB.
form-file-most = { $most ->
    [1] Gallwch ychwanegu 1 ffeil.
    [2] Gallwch ychwanegu hyd at 2 ffeil.
   *[other] Gallwch ychwanegu hyd at { $most } ffeil.
}
form-file-add = { $most ->
    [1] Ychwanegu’r ffeil hon
   *[other] Ychwanegu’r ffeiliau hyn
}
form-file-remove = Dileu
form-file-full = Rydych wedi ychwanegu cymaint o ffeiliau ag y gallwch. Dilëwch un i ychwanegu un arall.
forms-error-file = Dewiswch ffeil: { $question }
forms-error-file-infected = Roedd feirws yn { $name }, felly fe’i tynnwyd. Dilëwch hi o’r rhestr a dewis ffeil arall.
forms-error-file-unreadable = Llun na allwn ei ddarllen yw { $name }. Dilëwch ef o’r rhestr a dewis ffeil arall.
cases-automatic = Y gwiriad ffeiliau
cases-event-file-infected = Ni allem gadw’r ffeil { $name }: roedd feirws ynddi. Mae gweddill yr hyn a anfonwyd gennych yn ddiogel gyda ni. Anfonwch neges atom os oes gennych gopi arall.
cases-event-file-unreadable = Ni allem gadw’r ffeil { $name }: llun na ellir ei ddarllen ydyw. Mae gweddill yr hyn a anfonwyd gennych yn ddiogel gyda ni. Anfonwch neges atom os oes gennych gopi arall.
track-event-file-lost = Ni ellid cadw ffeil

## Following a case
track-reference = Cyfeirnod yr achos
track-reference-hint = Er enghraifft, { $prefix }-7K3Q-9F2TX
track-contact = Cyfeiriad e-bost neu rif ffôn
track-contact-hint = Yr un a roesoch pan wnaethoch roi gwybod i ni
track-button = Dilyn eich achos
track-lost = Os ydych wedi colli’ch cyfeirnod, ffoniwch ni ar { $phone }.
track-error-reference = Rhowch gyfeirnod eich achos
track-error-reference-form = Gwiriwch y cyfeirnod: mae nod ar goll neu’n anghywir
track-error-contact = Rhowch y cyfeiriad e-bost neu’r rhif ffôn a roesoch
track-error-neither = Ni allwn ddod o hyd i achos gyda’r cyfeirnod hwn a’r manylion cyswllt hyn. Gwiriwch y ddau.
track-case = Achos { $reference }
track-progress = Cynnydd
track-promise = Ein nod yw gorffen hyn erbyn { $date }.
track-promise-late = Roeddem yn bwriadu gorffen hyn erbyn { $date }. Mae’n hwyr, ac mae’n ddrwg gennym. Rydym yn dal i weithio arno.
track-promise-done = Mae hyn wedi’i orffen: { $outcome }.
track-step-received = Wedi dod i law
track-step-waiting = Gyda’r tîm
track-step-working = Gwaith ar y gweill
track-step-done = Wedi gorffen
track-here = Rydych chi yma
track-due = Erbyn { $date }
track-updates = Diweddariadau
track-ask = Cwestiynau am yr achos hwn
track-ask-words = Ffoniwch { $phone } neu e-bostiwch { $email } gan ddyfynnu { $reference }.
track-event-opened = Wedi dod i law
track-event-update = Diweddariad
track-event-resolved = Wedi gorffen

## What a timeline says
cases-event-opened = Mae hyn wedi dod i law ac rydym wedi’i drosglwyddo i’r tîm.

## Mail to citizens
mail-received-subject = { $title }: wedi dod i law ({ $reference })
mail-received-body = Mae’r hyn a anfonoch wedi cyrraedd { $council }.

    { $title }
    Eich cyfeirnod: { $reference }

    Ein nod yw gorffen erbyn { $due }. Dilynwch yr hyn sy’n digwydd:
    { $link }

    Mae’r ddolen honno’n breifat: gall unrhyw un sydd â hi weld beth sy’n digwydd gyda’ch achos.

    { $council }
    { $phone }
mail-update-subject = { $title }: diweddariad ({ $reference })
mail-update-body = Mae gan { $council } ddiweddariad ar { $reference }.

    { $words }

    Dilynwch yr hyn sy’n digwydd:
    { $link }

    { $council }
    { $phone }
mail-resolved-subject = { $title }: wedi gorffen ({ $reference })
mail-resolved-body = Mae { $council } wedi gorffen { $reference }.

    { $words }

    Gweld yr hyn a wnaed:
    { $link }

    { $council }
    { $phone }

## Pages every portal has
words-help = Help a chysylltu
words-help-1 = Ffoniwch { $council } ar { $phone }, neu e-bostiwch { $email }. Rydym yn croesawu galwadau a gohebiaeth yn Gymraeg. Cadwch gyfeirnod eich achos wrth law os oes gennych un.
words-help-2 = Os oes angen hyn arnoch mewn fformat arall, fel print bras neu hawdd ei ddeall, neu os oes angen cyfieithydd ar y pryd arnoch, rhowch wybod i ni a byddwn yn trefnu hynny.
words-accessibility = Hygyrchedd
words-accessibility-1 = Mae’r datganiad hwn yn ymwneud â’r tudalennau lle gallwch roi gwybod am bethau, talu a gwneud cais ar-lein. { $council } sy’n eu rhedeg, ac mae am i gynifer o bobl â phosibl allu eu defnyddio.
words-accessibility-2 = Dylech allu defnyddio pob tudalen gyda bysellfwrdd yn unig, gyda JavaScript wedi’i ddiffodd, ar sgrin fach neu ar chwyddiad o 400%, ac yn eich lliwiau eich hun. Mae’r tudalennau wedi’u gwneud ar gyfer darllenwyr sgrin a rheolaeth lais hefyd.
words-accessibility-format = Os oes angen fformat arall arnoch
words-accessibility-3 = Os oes angen rhywbeth ar y wefan hon arnoch mewn fformat arall, fel print bras, hawdd ei ddeall, recordiad sain neu braille, ffoniwch { $phone } neu e-bostiwch { $email }. Dywedwch wrthym pa dudalen yw hi a beth sydd ei angen arnoch. Byddwn yn ateb o fewn 5 diwrnod gwaith.
words-accessibility-problem = Os nad yw rhywbeth yn gweithio i chi
words-accessibility-4 = Os dewch o hyd i rywbeth nad yw’n gweithio i chi, neu nad yw’n bodloni’r rheolau a enwir yma, ffoniwch { $phone } neu e-bostiwch { $email }. Byddwn yn ateb o fewn 5 diwrnod gwaith.
words-accessibility-enforced = Os nad ydych yn fodlon ar ein hateb
words-accessibility-5 = Y Comisiwn Cydraddoldeb a Hawliau Dynol (EHRC) sy’n gorfodi Rheoliadau Hygyrchedd Cyrff Sector Cyhoeddus (Gwefannau a Chymwysiadau Symudol) (Rhif 2) 2018. Os nad ydych yn fodlon ar ein hateb, cysylltwch â’r Gwasanaeth Cynghori a Chymorth Cydraddoldeb (EASS): equalityadvisoryservice.com.
words-accessibility-status = Pa mor hygyrch yw’r wefan hon
words-accessibility-6 = Mae { $council } wedi ymrwymo i wneud ei wefan yn hygyrch, fel y mae’r rheoliadau hynny’n gofyn.
words-accessibility-7 = Mae’r wefan hon yn cydymffurfio’n rhannol â lefel AA fersiwn 2.2 y Canllawiau Hygyrchedd Cynnwys Gwe. Ni wyddom am ddim byd ynddi sy’n methu eu bodloni, ond nid yw pobl sy’n defnyddio technoleg gynorthwyol wedi ei phrofi eto.
words-accessibility-tested = Sut y cafodd ei phrofi
words-accessibility-8 = Paratowyd y datganiad hwn ar 24 Tachwedd 2026. Mae’n seiliedig ar brofion awtomatig, sy’n rhedeg bob tro y mae’r feddalwedd yn newid: mae gwiriwr yn darllen pob math o dudalen ym mhob iaith, a gwneir taith gyda bysellfwrdd yn unig. Nid yw profion o’r fath yn dod o hyd i bopeth.
words-privacy = Preifatrwydd
words-privacy-1 = { $council } yw rheolydd yr hyn rydych yn ei ddweud wrthym yma. I ofyn beth rydym yn ei gadw amdanoch, i’w gywiro, neu i wrthwynebu, e-bostiwch { $email } neu ffoniwch { $phone }.
words-privacy-2 = Lle mae cyngor arall yn gwneud y gwaith ar ein rhan, mae tudalen gyntaf y gwasanaeth yn ei enwi. Mae’n gweithredu ar ein cyfarwyddyd o dan gytundeb y mae’r ddau gyngor wedi’i lofnodi.
words-privacy-3 = Mae’r hyn rydych yn ei deipio yn cael ei gadw am 24 awr tra byddwch yn llenwi ffurflen, a’i ddileu os na fyddwch yn ei anfon.
words-privacy-4 = Os nad ydych yn fodlon ar sut rydym yn defnyddio’ch gwybodaeth, gallwch gwyno wrth Swyddfa’r Comisiynydd Gwybodaeth (ico.org.uk).
words-privacy-services = Sail pob gwasanaeth
words-privacy-service = Gwasanaeth
words-privacy-basis = Ein sail gyfreithiol
words-privacy-kept = Wedi’i gadw ar ôl cau
words-privacy-months = { $months ->
    [two] { $months } fis
   *[other] { $months } mis
}
words-cookies = Cwcis
words-cookies-1 = Mae’r wefan hon yn gosod un cwci pan fyddwch yn dechrau ffurflen neu’n chwilio am achos. Mae’n gadael i chi ddod yn ôl at yr hyn rydych wedi’i deipio, ac mae’n diogelu’r ffurflen. Mae’n para nes i chi gau eich porwr. Nid yw’n eich olrhain.
words-cookies-2 = Os dewiswch iaith, mae cwci arall yn ei chofio nes i chi gau eich porwr.
words-cookies-3 = Os mewngofnodwch i’ch cyfrif, mae cwci yn eich cadw wedi’ch mewngofnodi ar y ddyfais hon am 30 diwrnod, neu nes i chi allgofnodi. Mae staff sy’n mewngofnodi yn cael un arall. Os gadewch dudalen breifat drwy “Gadael y dudalen hon”, mae cwci yn cofio am 15 munud i beidio â’i dangos eto. Nid oes unrhyw gwcis eraill, a dim byd gan gwmnïau eraill.
form-bank-name = Yr enw ar y cyfrif
form-bank-sort = Cod didoli
form-bank-account = Rhif y cyfrif
form-safe-to = Rhif ffôn neu gyfeiriad e-bost sy’n ddiogel
form-safe-hours = Pryd mae’n ddiogel cysylltu â chi? (dewisol)
form-safe-voicemail = Mae’n ddiogel gadael neges llais
form-safe-code = Gair cod, er mwyn i chi wybod mai ni sydd yno (dewisol)
form-kept = Mae gennym eich ateb. Gadewch hwn yn wag i’w gadw, neu teipiwch un arall.
form-declaration = Datganiad
form-select = Dewiswch un
form-list-add = Ydych chi am ychwanegu { $item } arall?
form-list-choose = Dewiswch ydw os ydych am ychwanegu un arall
form-list-remove = Dileu
form-end-nothing-sent = Ni chafodd dim o’r hyn a deipioch yma ei anfon atom.
forms-declared = Rwy’n datgan hyn
forms-safe-phone = Ffoniwch fi
forms-safe-text = Anfonwch neges destun ataf
forms-safe-email = E-bostiwch fi
forms-safe-never = Peidiwch â chysylltu â mi. Byddaf i’n cysylltu â chi.
forms-safe-may-leave-message = Gellir gadael neges llais
forms-safe-no-message = Peidiwch â gadael neges
forms-error-money = Rhaid i “{ $question }” fod yn swm mewn punnoedd, fel 120 neu 120.50
forms-error-time = Rhaid i “{ $question }” fod yn amser, fel 9:30am neu 14:30
forms-error-web = Rhowch gyfeiriad gwe, fel https://www.example.com
forms-error-national-insurance = Rhowch rif Yswiriant Gwladol, fel AB 12 34 56 C
forms-error-vehicle = Rhowch rif cofrestru cerbyd, fel AB12 CDE
forms-error-declare = Ticiwch y blwch i ddatgan hyn
forms-error-bank-name = Rhowch yr enw ar y cyfrif
forms-error-bank-sort = Rhowch god didoli o 6 digid, fel 30 94 30
forms-error-bank-account = Rhowch rif cyfrif o 6 i 8 digid, fel 00733445
forms-error-safe-way = Dewiswch sut y gallwn gysylltu â chi’n ddiogel
check-left-out = Ar ôl yr hyn a newidioch, ni ofynnir y rhain mwyach. Ni anfonir yr hyn a ateboch yno:
frame-account = Eich cyfrif
track-promise-withdrawn = Dywedoch wrthym nad oes arnoch angen hyn mwyach. Rydym wedi rhoi’r gorau i weithio arno.
track-next-new = Mae’n aros i rywun yn y tîm ei gymryd. Nid oes angen i chi wneud dim.
track-next-in-progress = Mae rhywun yn y tîm yn gweithio arno. Byddwn yn dweud wrthych yma pan fydd newyddion.
track-next-returned = Rydym yn ei basio i dîm arall. Nid oes angen i chi wneud dim.
track-next-answer = Gofynnoch i ni pam ei fod yn hwyr. Byddwn yn ateb erbyn { $date }.
track-step-withdrawn = Wedi’i dynnu’n ôl
track-event-message = Eich neges
track-event-chased = Gofynnoch pam ei fod yn hwyr
track-event-withdrawn = Gwnaethoch dynnu hyn yn ôl
track-event-reopened = Gwnaethoch ailagor hyn
track-event-rated-yes = Dywedoch wrthym fod hyn wedi’i ddatrys
track-event-rated-no = Dywedoch wrthym nad yw hyn wedi’i ddatrys
track-done = Wedi’i wneud
track-done-message = Mae eich neges gennym. Mae’r tîm yn ei gweld gyda’ch achos.
track-done-withdraw = Mae’r achos hwn wedi’i dynnu’n ôl.
track-done-chase = Rydym wedi dweud wrth y tîm eich bod yn aros.
track-done-reopen = Mae’r achos hwn ar agor eto.
track-done-rate = Rydych wedi dweud wrthym a yw hyn wedi’i ddatrys.
track-add = Ychwanegu at yr achos hwn
track-words-hint = Mae’r tîm sy’n gweithio ar eich achos yn darllen hyn. Peidiwch â chynnwys manylion banc neu gerdyn.
track-act-cancel = Mynd yn ôl heb anfon
follow-message-title = Anfon neges
follow-message-about = Dywedwch fwy wrthym, neu gofynnwch am yr achos hwn. Rydym yn ateb ar dudalen eich achos.
follow-message-words = Eich neges
follow-message-button = Anfon y neges
follow-withdraw-title = Nid oes arnaf angen hyn mwyach
follow-withdraw-about = Byddwn yn rhoi’r gorau i weithio ar yr achos hwn ac yn ei gau. Ni allwch ei agor eto.
follow-withdraw-words = Pam nad oes arnoch ei angen mwyach (dewisol)
follow-withdraw-button = Tynnu’r achos hwn yn ôl
follow-reopen-title = Nid yw wedi’i ddatrys: ailagor yr achos hwn
follow-reopen-about = Mae’r un tîm yn edrych arno eto, a chaiff y dyddiad yr ydym yn anelu at orffen erbyn ei osod o’r newydd.
track-reopen-until = Gallwch ei ailagor tan { $date }.
follow-reopen-words = Beth sy’n dal o’i le
follow-reopen-button = Ailagor yr achos hwn
track-chase = Mae hyn yn hwyr
track-chase-about = Gofynnwch i ni pam. Mae’n symud i flaen rhestr y tîm, ac maent yn ateb o fewn 5 diwrnod gwaith.
track-chase-button = Gofyn pam ei fod yn hwyr
track-sorted = A yw wedi’i ddatrys?
track-sorted-yes = Ydy, mae wedi’i ddatrys
track-sorted-no = Nac ydy
track-sorted-said-yes = Dywedoch wrthym: ydy, mae wedi’i ddatrys. Gallwch newid eich ateb.
track-sorted-said-no = Dywedoch wrthym: nac ydy. Gallwch newid eich ateb.
track-error-message = Ysgrifennwch eich neges
track-error-reopen = Dywedwch wrthym beth sy’n dal o’i le
track-error-long = Ysgrifennwch 4,000 o nodau neu lai
track-error-changed = Mae’r achos hwn wedi newid ers i chi agor y dudalen, felly ni allem wneud hynny. Ewch yn ôl ato i weld beth allwch chi ei wneud nawr.
cases-event-chased = Byddwn yn ateb erbyn { $date }.
cases-event-rated-yes = Mae wedi’i ddatrys.
cases-event-rated-no = Nid yw wedi’i ddatrys.
account-about = Gweld popeth sydd gennych gyda { $council } mewn un lle. Rhowch eich cyfeiriad e-bost i ni ac anfonwn ddolen sy’n eich mewngofnodi. Nid oes cyfrinair.
account-optional = Nid oes angen cyfrif arnoch i ddefnyddio unrhyw wasanaeth nac i ddilyn achos.
account-email = Cyfeiriad e-bost
account-email-hint = Yr un a roesoch pan ddywedoch rywbeth wrthym
account-send = Anfon dolen ataf
account-error-email = Rhowch gyfeiriad e-bost yn y ffurf gywir, fel enw@enghraifft.com
account-news = Beth sy’n digwydd nawr
account-sent = Rydym wedi anfon e-bost i’r cyfeiriad hwnnw. Agorwch y ddolen ynddo o fewn 15 munud i fewngofnodi. Gall gymryd ychydig funudau i gyrraedd.
account-out = Rydych wedi allgofnodi.
account-in = Mewngofnodi i’ch cyfrif
account-in-about = Byddwch wedi’ch mewngofnodi ar y ddyfais hon am 30 diwrnod, neu nes i chi allgofnodi. Peidiwch â mewngofnodi ar ddyfais y mae eraill yn ei defnyddio.
account-in-button = Mewngofnodi
account-gone = Nid yw’r ddolen hon yn gweithio mwyach
account-gone-about = Mae dolen yn gweithio unwaith, am 15 munud.
account-again = Anfon dolen arall ataf
account-signed-in = Rydych wedi mewngofnodi fel { $email }.
account-cases = Yr hyn sydd gennych gyda { $council }
account-none = Nid oes gennych ddim gyda ni o dan y cyfeiriad e-bost hwn.
account-sent-on = Anfonwyd ar { $opened }
account-dates = Anfonwyd ar { $opened }, disgwylir erbyn { $due }
account-state-new = Gyda’r tîm
account-state-in-progress = Yn cael ei weithio arno
account-state-returned = Yn cael ei basio i dîm arall
account-state-resolved = Wedi gorffen
account-state-withdrawn = Wedi’i dynnu’n ôl
account-pages = Tudalennau
account-first = Y dudalen gyntaf
account-next = Y dudalen nesaf
account-sensitive = Mae rhai gwasanaethau’n breifat, ac ni ddangosir yr hyn a ddywedwch wrthym yno byth yn eich cyfrif.
account-sign-out = Allgofnodi
account-looked = Pwy sydd wedi edrych ar eich achosion
account-looked-about = Bob tro y mae rhywun sy’n gweithio i gyngor yn agor eich achos, rydym yn ei gofnodi.
account-looked-none = Nid oes neb wedi edrych eto.
account-looked-case-read = Darllenodd eich achos
account-looked-case-contact = Darllenodd sut i gysylltu â chi
mail-account-subject = Eich dolen i fewngofnodi i { $council }
mail-account-body = Gofynnodd rhywun, chi yn ôl pob tebyg, am fewngofnodi i’ch cyfrif gyda { $council }. Agorwch y ddolen hon a phwyswch y botwm:
    { $link }

    Mae’n gweithio unwaith, o fewn 15 munud. Os nad chi oedd, nid oes angen i chi wneud dim: heb y ddolen hon ni all neb fewngofnodi.

    { $council }
    { $phone }

## Cadw a dychwelyd
form-later = Cadw a dychwelyd yn nes ymlaen
later-title = Mae eich atebion wedi’u cadw
later-until = Dewch yn ôl erbyn { $until }. Ar ôl hynny byddwn yn dileu’r hyn a deipiwyd gennych.
later-by-mail = Cael dolen drwy e-bost
later-email-hint = Rydym yn ei ddefnyddio ar gyfer y ddolen hon ac un nodyn atgoffa, ac ar gyfer dim arall.
later-send = Anfon y ddolen ataf
later-sent-title = Wedi’i hanfon
later-sent = Rydym wedi anfon y ddolen i { $email }. Gall gymryd ychydig funudau i gyrraedd.
later-by-code = Neu ysgrifennwch y cod hwn
later-code-about = Gallwch ei ddefnyddio ar unrhyw ddyfais, yn
later-code-private = Gall unrhyw un sydd â’r cod ddarllen a newid eich atebion. Cadwch ef i chi’ch hun.
later-shared = A yw eraill yn defnyddio’r ddyfais hon?
later-shared-about = Caewch y ffurflen yma, fel na all neb ei hagor ar eich ôl. Ysgrifennwch y cod neu gofynnwch am y ddolen yn gyntaf: mae angen un ohonynt arnoch i ddychwelyd.
later-leave = Cau’r ffurflen ar y ddyfais hon
later-now = Heb orffen eto?
later-go-on = Parhau â’r ffurflen
return-title = Dychwelyd at ffurflen a gadwyd gennych
return-about = Mae’r ffurflen yn agor ar y ddyfais hon, gyda phopeth a deipiwyd gennych. Lle’r oeddech yn ei llenwi o’r blaen, mae wedi’i chau.
return-code = Cod
return-code-hint = 16 o lythrennau a rhifau, fel K7QM-4T2P-9XHD-2C6R
return-error-empty = Rhowch y cod a ysgrifennwyd gennych
return-error-unknown = Nid oes gennym ffurflen o dan y cod hwn. Gwiriwch bob llythyren a rhif. Efallai hefyd fod y ffurflen wedi’i dileu, neu mai gyda chyngor arall y mae.
mail-draft-subject = Eich ffurflen: { $service }
mail-draft-body = Agorwch y ddolen hon a phwyswch y botwm i barhau â’ch ffurflen:
    { $link }

    Cedwir eich atebion tan { $until }. Ar ôl hynny byddwn yn eu dileu. Gall unrhyw un sydd â’r ddolen eu darllen a’u newid, felly peidiwch â’i rhannu.

    { $council }
    { $phone }
mail-draft-ends-subject = Daw eich ffurflen i ben yn fuan: { $service }
mail-draft-ends-body = Dechreuoch ffurflen ac nid ydych wedi’i hanfon. Byddwn yn dileu eich atebion ar ôl { $until }. I barhau â hi, agorwch y ddolen hon a phwyswch y botwm:
    { $link }

    Os nad oes ei hangen arnoch mwyach, nid oes angen i chi wneud dim.

    { $council }
    { $phone }
## Cyfeiriadau a lleoedd
form-address-find = Dod o hyd i’r cyfeiriad
form-address-find-postcode = Cod post
form-address-house = Rhif neu enw’r tŷ (dewisol)
form-address-select = Dewiswch gyfeiriad
form-address-found = { $n ->
    [zero] Dim cyfeiriad
    [one] { $n } cyfeiriad
    [two] { $n } gyfeiriad
    [few] { $n } chyfeiriad
    [many] { $n } chyfeiriad
   *[other] { $n } cyfeiriad
}
form-address-change = Newid y cod post
form-address-hand = Rhoi’r cyfeiriad â llaw
form-address-not-listed = Nid yw’r cyfeiriad ar y rhestr: ei roi â llaw
form-address-by-postcode = Dod o hyd i’r cyfeiriad trwy ei god post
form-address-abroad = Mae’r cyfeiriad y tu allan i’r DU
form-address-town-abroad = Tref neu ddinas (dewisol)
form-address-country = Gwlad
form-location-postcode = Cod post, os ydych yn ei wybod (dewisol)
form-location-elsewhere = Dywedwch wrth { $council } yn lle hynny
form-from-account = Rydym wedi llenwi manylion eich cyfrif, { $email }. Newidiwch nhw os nad ydynt yn iawn ar gyfer hyn.
form-search-hint = Teipiwch i chwilio’r rhestr. Pan fydd atebion, defnyddiwch y saethau i fyny ac i lawr i edrych drwyddynt ac Enter i ddewis un. Ar sgrin gyffwrdd, tapiwch un.
form-search-none = Nid oes dim ar y rhestr yn cyfateb
form-search-one = 1 ateb.
form-search-some = %{"{"}count{"}"} ateb.
form-search-chosen = Mae %{"{"}option{"}"} wedi’i amlygu.
forms-uprn = UPRN
forms-error-address-find = Rhowch god post a dewiswch “Dod o hyd i’r cyfeiriad”, neu rhowch y cyfeiriad â llaw
forms-error-address-none = Ni allwn ddod o hyd i unrhyw gyfeiriad yn { $postcode }. Gwiriwch y cod post, neu rhowch y cyfeiriad â llaw.
forms-error-address-choose = Dewiswch y cyfeiriad, neu ei roi â llaw
forms-error-address-country = Rhowch y wlad
forms-error-location-theirs = Mae { $postcode } yn ardal { $council }. Dywedwch wrthynt hwy yn lle hynny, neu newidiwch y lle.
forms-error-location-outside = Nid yw { $postcode } yn ein hardal ni, hyd y gwyddom. Gwiriwch y cod post, neu gadewch ef yn wag a disgrifiwch y lle.
## The tasks of the front page, suggestions, and what is found
front-top = Prif dasgau
front-outside = ar wefan arall
front-all-report = Pob adroddiad ({ $count })
front-all-pay = Pob taliad ({ $count })
front-all-request = Pob cais ({ $count })
services-title = Popeth y gallwch ei wneud yma
search-does-report = Rhoi gwybod
search-does-pay = Talu
search-does-request = Gwneud cais
search-does-information = Darllen
search-does-elsewhere = Ar wefan arall
search-there = { $does }, ar wefan arall
search-whose = { $council } sy’n gwneud hyn
search-private = Gallwch siarad â ni am hyn yn breifat.
search-found-private = Yr hyn y gallwch ei wneud
suggest-hint = Pan ddaw awgrymiadau, defnyddiwch y saethau i fyny ac i lawr i edrych drwyddynt a’r fysell enter i fynd i un.
suggest-none = Dim awgrymiadau. Pwyswch enter i chwilio.
suggest-one = 1 awgrym.
suggest-many = %{"{"}count{"}"} awgrym.
suggest-selected = %{"{"}label{"}"}, %{"{"}index{"}"} o %{"{"}count{"}"}
## Gwasanaeth nad yw’n cael ei gynnig mwyach
service-retired = Nid ydym yn cynnig “{ $service }” ar-lein mwyach
service-retired-search = Efallai y dewch o hyd i’r hyn sydd ei angen arnoch o dan enw arall. Dywedwch wrthym beth ydyw mewn ychydig eiriau.
service-retired-begun = Os oeddech wedi dechrau’r ffurflen hon, gallwch fynd ymlaen â hi a’i hanfon.

## A bill as printed
print-invoice = Anfoneb
print-demand = Hawliad am daliad
print-credit-note = Nodyn credyd
print-to-pay = I’w dalu erbyn { $date }
print-settled = I’w setlo erbyn { $date }
print-credited = Credydwyd ar { $date }
print-supplier = Cyflenwr
print-customer = Cwsmer
print-facts = Manylion
print-vat-number = Rhif TAW { $number }
print-issued-on = Dyddiad cyhoeddi
print-tax-point = Dyddiad cyhoeddi, y pwynt treth
print-period = Y cyfnod a filir
print-period-days = { $from } i { $last }
print-agreement = Cytundeb
print-variation = { $reference }, amrywiad { $number }
print-about = Testun y cytundeb
print-order = Rhif archeb
print-corrects = Beth mae hwn yn ei gywiro
print-corrects-line = Mae’n tynnu’n ôl yr hyn a godwyd yn ormod ar linell { $line } o { $bill }. Nid oes dim arall yn y bil hwnnw’n newid.
print-because = Pam
print-lines = Llinellau
print-lines-summary = Un rhes ar gyfer pob llinell, yna’r cyfansymiau.
print-line = Llinell
print-what = Disgrifiad
print-events = Digwyddiadau
print-quantity = Nifer
print-price = Pris uned
print-amount = Swm
print-before-vat = Cyn TAW
print-vat-rate = TAW ar { $rate }%
print-vat-exempt = Wedi’i eithrio rhag TAW
print-vat-outside = Y tu allan i gwmpas TAW
print-vat-on = { $label } ar swm o { $net }
print-total = Cyfanswm
print-demand-note = Mae’r hyn y codir tâl amdano yma y tu allan i gwmpas TAW. Nid anfoneb TAW yw hon, ac nid oes TAW arni i’w hadennill.
print-shared-month = Gwerir { $amount } ar y cyd yn y mis
print-shared-year = Alldro { $year }: gwariwyd { $amount } ar y cyd
print-share = Cyfran
print-borne = Yn talu amdano’i hun
print-charged = Codwyd fesul mis
print-left = I’w dalu
print-pay = Sut i dalu
print-pay-words = Talwch { $amount } erbyn { $date } drwy drosglwyddiad banc i’r cyfrif hwn, a nodwch { $number }.
print-pay-name = Enw’r cyfrif
print-pay-sort = Cod didoli
print-pay-account = Rhif y cyfrif
print-pay-quote = Cyfeirnod talu
print-treatment = Pam mae TAW yn trin y llinellau fel hyn
print-treated-line = { $label }: llinell { $lines }
print-treated-lines = { $label }: llinellau { $lines }
print-decided = Penderfynwyd gan { $name }
print-record = Cofnod y ddogfen hon
print-prepared = Paratowyd gan { $name }.
print-issued = Cyhoeddwyd gan { $name }.
print-fingerprint = Mae’r ddau gyngor yn cadw’r un cofnod o’r ddogfen hon, na all byth newid. Ei ôl bys (SHA-256) yw
print-page = Tudalen { $page } o { $pages }
