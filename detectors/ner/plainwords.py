"""Words of protocols, schemas and programs that are nobody's name and no place, whatever stands beside them.

A text that holds no other word cannot hold a name. Rule for the next editor: a word that is also a first name, a
surname, a place, a month or a part of a street's name (mark, may, page, grant, field, park, avenue) never joins this
list; `tests/ner/test_worth.py` holds it against the word lists.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
about above accept access account acl action actions active actual add added addr address addresses admin after agent
agents all allow allowed also always amount and annotation annotations answer any anything api apis app append
application applications apps archive are arg args argument arguments array arrays as asc assert assistant async at
attachment attachments attempt attr attribute attributes audio auth authorization auto avatar await backend backup
balance base base64 batch batches be because before begin being below between binary bit bits blob blocks bool boolean
both boundary break browser bucket buffer bug build builder built bulk but by byte bytes cache cached callback called
caller can cannot capacity caption catch categories category cause cell cells certificate change changed channel
channels character characters chars chart chat check checked checksum children choice choices chunk chunks classes
clear client clients clone closed cluster cmd code codec codes col collection color colour column columns com command
comment comments commit common compare complete completed completion completions component components compress compute
config configuration confirm conflict connect connection connections console const constant constraint constructor
container content contents context continue control cookie cookies copy count counter cpu crash create created creator
credit critical css csv currency current cursor custom customer customers daemon data database dataset date datetime
days debug decode default defaults delay delete deleted depends deploy deprecated depth desc describe description dest
destination detail details detected device dict diff digest digits dim dimension dir direction directory disable
disabled disk display distance div dns docker docs document documents does domain done down download draft drop dtype
dump duplicate duration each edit effect either else email empty enable enabled encode encoding end ended endpoint
ends engine ensure entities entity entries entry enum env environment eq equal err error errors escape eval evaluate
event events every exact example examples except exception exec execute exists exit expand expected expire expired
expires expiry explicit export expression ext extend extension extra extract fail failed failure fallback false fatal
feature features feedback fetch few file filename files filter filters final finally find finish finished first fix
fixed flag flags flat float flow flush folder font footer for force foreign form format formatted forward found from
full func function functions get getter git given global gmt gpt granted graph grid group groups guide gzip had handle
handler has hash have header headers health height hello help helper hidden hint history home host hostname hot hour
hours how href htm html http https icon id identifier identity idle ids if ignore image images img immutable
implements import in include included includes index info init initial inline inner input inputs insert inside install
instance instances int integer integration interface internal interval into invalid invoke io ip is issue it item
items iter its jobs join json jwt keep keyboard kind kwargs label labels lambda language last latency later latest
layer layout lazy left length less let level lib library like limit limits line lines links list listen listener lists
literal load loaded loader loading local locale location lock log logged logger logging logic login logo logout logs
longer loop lower make manager manifest map mapping margin markdown mask match matched matches maximum mb member
members memory menu merge merged message messages metadata method methods metric metrics middleware migration mime
minimum minute minutes missing mode model models modified modify module modules monitor more most move ms mutable name
named names namespace native need nested net network never next nil no node nodes none normal not note notes nothing
notification notifications now number numeric obj object objects observed of off offset ok on once one online only op
open operation operations operator option optional options or order ordered orders org origin original other others
our out outer output outputs over override owner package packages pad padding pagination param parameter parameters
params parse parsed parser part partial parts pass passed password patch path paths pattern payload payment pdf
pending per percent perform period permission permissions phone php pid pip pipeline pixel placeholder plain plan
platform please plugin plus png point points policy ports position positions posts pre prefix prepare present preview
previous primary print prior priority private process processed processes processing profile profiles progress project
projects promise prompt prompts properties property protected protocol provider proxy public publish pull push put py
python quality quantity query question questions queue queued quota random range rank rate ratio raw reader ready
reason receive received recent record records redirect redis reduce ref reference references refresh regex region
registry reject rejected related release remote remove removed rename render repeat replace reply report reports
repository request requested requests require required requires reserved reset resize resolve resource resources
response responses rest restart restore result results retries retry return returned returns revision right role roles
rollback rotate round route router routes row rows rule rules runner running runtime safe same save saved scale scan
schedule schema scope score screen script scroll sdk search second secondary seconds secret section secure security
segment select selected selector send sender sent sequence serial server servers service services session set setting
settings setup sha256 shape share shared should show shutdown sidebar sign signal signature silent similar simple
since single site size sizes skip skipped sleep slice slot slow snapshot snippet socket some sort sorted source
sources space span spec split sql src ssl staging stale standard start started starts state static statistics stats
status stderr stdin stdout step steps stop stopped storage store stored str stream streaming streams strict string
strings strip struct structure style subject submit subscribe subscription substring success successful such suffix
sum summary support supported switch symbol sync syntax sys system tab table tables tag tags targets task tasks tcp
temperature template templates temporary tenant term test tests text texts than that the their them theme then there
these they thing this thread threads threshold throw throws tick ticket time timeout timer times timestamp timezone
title titles tls tmp to toggle token tokens too tool tools top topic total trace tracking traffic transaction
transactions transfer transform transformer tree trigger trim truncate try ttl tuple two txt type types ui uid
undefined under unexpected unicode unique unit units unknown unless unset until untitled up update updated updates
upgrade upload uploaded uploads upper uptime uri url urls usage use used user username users using utc utf uuid valid
validate validation validator value values var variable variables variant vector verbose verify version versions
vertical via video view viewer views visible void volume wait waiting warn warning warnings was watch we web webhook
weight weights were what when where which while who why width window windows with within without words work worker
workers workspace would wrap wrapper write written www xml yaml yes yet yield yml you your zero zip zone
"""

PLAIN: Final = frozenset(_WORDS.split())
"""Lower case, ASCII letters (and digits inside)."""
