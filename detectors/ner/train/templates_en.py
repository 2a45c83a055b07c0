"""English templates. Slots: P person, F first name, T surname, A address, L place, O organisation, D date, N number,
E e-mail, I identifier, K one of our own placeholders. `\\n` is a line break."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = r"""
My name is {P} and I live at {A}.
my name is {P}
i'm {P} from {O}
Hi, this is {P} from {O}. Could you call me back at {N}?
Please ship the order to {P}, {A}.
Name: {P}\nDOB: {D}\nAddress: {A}\nPhone: {N}
NAME: {P}\nADDRESS: {A}\nTEL: {N}
Dear {P},\n\nThank you for your interest in {O}.
Dear Mr. {T},\n\nWe received your letter of {D}.
Dear Ms {T},\nyour account {N} was closed on {D}.
Dear Sir or Madam,\nI am writing on behalf of {P}.
{P} joined {O} in {D} as a software engineer.
Write an email to {P} asking about the trip to {L}.
i talked to {P} yesterday about moving to {L}
Patient {P} was admitted to {O} on {D} with chest pain.
Pt {P}, 54 y/o male, c/o SOB. Seen by Dr. {T} in {L}.
Dr {T} reviewed the chart; {F} denies fever. Next of kin: {P}, {N}.
Discharge summary\nPatient: {P}\nMRN: {N}\nAttending: {P}, MD\nFacility: {O}
{P} and {P} met in {L} last week.
Can you summarise the call between {P} ({O}) and {P} ({O})?
{"name": "{P}", "address": "{A}", "employer": "{O}"}
{"user": {"first_name": "{F}", "last_name": "{T}", "id": {N}}}
{P},{N},{D},{O}
{P}\t{N}\t{L}
| {P} | {A} | {N} |
| Name | City | Total |\n| {P} | {L} | {N} |\n| {P} | {L} | {N} |
The tenant, {P}, resides at {A}.
This agreement is made on {D} between {O} and {P}.
From: {P}\nTo: {P}\nSubject: meeting in {L}
From: {P} <{E}>\nCc: {P} <{E}>\nDate: {D}
On {D}, {P} wrote:\n> thanks {F}, see you then
Best regards,\n{P}\n{O}
Kind regards,\n{P}\nSenior Manager, {O}\n{A}\nT: {N}
Cheers,\n{F}
-- \n{P}\n{O} | {A}
Can you translate this for my colleague {P}?
I was born on {D} in {L}.
Is {L} a good place to open a branch of {O}?
Flight from {L} to {L} on {D}, passenger {P}.
According to {P}, a spokesman for {O}, the plant in {L} will close.
{P}'s manager at {O} is {P}.
{F}'s laptop is broken again
My neighbour {P} keeps parking at {A}.
Mr. {T} v. {O}
Mrs. {T} called about her account.
Prof. {T} and Dr. {T} will join us in {L}.
user {P} logged in from {L}
{D} 10:31:07 INFO user={P} action=login ip={N}
[{D} 08:12:44Z] WARN payment failed for customer {P} ({N})
ERROR Could not deliver mail to {P} at {O}, retrying
// TODO({F}): ask {P} about the {I} flag
# Author: {P} <{E}>
# reviewed by {P} on {D}
/* Written by {P}, {O} */
def {I}(): return "{P}"
INSERT INTO customers (name, city) VALUES ('{P}', '{L}');
SELECT * FROM users WHERE name = '{P}';
customer_name={P}&city={L}
Emergency contact: {P} (mother), {N}
Billing address: {A}
Ship to: {A}
Deliver to {P}\n{A}
{P}\n{A}
Ask {P} whether the invoice from {O} was paid on {D}.
Attendees: {P}, {P}, {P}
Present: {F}, {F}, {F} and {P}
{P} lives in {L} and works for {O}.
{O} is headquartered in {L}.
{O} announced on {D} that {P} will be its next chief executive.
@{F} can you review this PR?
@{P} please look
Signed by {P} on {D} at {L}
please remind {P} to pick up the kids
tell {F} i said hi
hey {F}, are u coming to {L} tmrw?
lol {F} never answers, ask {F}
omg just saw {P} in {L}!!
I'm {P}, a nurse at {O}. My shift starts at 7.
The lecture by Dr. {P} will be held in {L}.
Reviewer: {P} <{E}>
Witness statement of {P}, of {A}
Beneficiary {P}, account {N}, {O}
Wire {N} USD to {P}, {O}, {L}
Cardholder: {P}, expires {D}
Account holder: {P}\nBranch: {O}\nSort code: {N}
Dear {P}, your loan application {N} with {O} was approved.
{P} ({L})
{P}, {L}
{P} – {O}
Candidate: {P}. Experience: {O} ({D} to {D}), {O}.
Resume of {P}\n{A}\n{N} | {E}
Interview with {P}, {O}
Meeting minutes {D}. {P}: the budget is fine. {P}: I disagree.
{F}: hi\n{F}: hello, is {P} there?
Agent: May I have your name? Customer: {P}. Agent: And your address? Customer: {A}.
The defendant {P} was arrested in {L} on {D}.
Police in {L} are looking for {P}.
The children, {F} and {F}, attend {O}.
My wife {F} and our son {F} live in {L}.
{P} plays for {O}.
{T} scored twice as {O} beat {O} in {L}.
I ordered from {O} but {F} at the desk in {L} could not help.
We stayed near {A} and walked to {L}.
The office at {A} is closed.
Send it to {A}
我的同事{P}在{O}工作。
请给{P}发邮件，地址是{A}。
联系人：{P}，{N}
{K} lives at {K}.
My name is {K} and my friend is {P}.
Dear {K},\nplease call {P}.
{"name": "{K}", "manager": "{P}"}
I talked to {K} and {K} in {L}.
{K}
Contact {K} or {K}, {O}.
Name: {K}\nAddress: {K}\nManager: {P}
""".strip().split("\n")

PLAIN: Final = r"""
Write a Python function that sorts a list of integers.
What is the difference between TCP and UDP?
Please rewrite this paragraph in a more formal tone.
Traceback (most recent call last): File "main.py", line {N}, in <module>
How do I configure nginx as a reverse proxy on Ubuntu Linux?
SELECT COUNT(*) FROM orders WHERE status = 'open';
SELECT Name, Address, City FROM Customers WHERE Country = 'Germany' LIMIT {N};
Summarise the following text in three bullet points.
The quick brown fox jumps over the lazy dog.
Explain the attention mechanism to a ten year old.
ERROR {N} ConnectionPool timed out after 30 s, retrying
INFO Server Started on Port {N}
WARN Thread Pool Exhausted; Cache Miss for Key {N}; Circuit Breaker Open
def {I}(self, x): return self.{I}(x)
const {I} = await {I}({ {I}: {N} });
public static void Main(String[] args) { {I}(); }
import { {I} } from './{I}';
class OrderService(BaseModel): items: List[Item]; status: Literal["Open", "Closed"]
from typing import Any, Union, Literal, NamedTuple, TypedDict, List, Optional, Callable
git commit -m "Fix {I} in Billing Module" && git push origin main
Give me a recipe for banana bread.
Which of these options is the best value for money?
Thanks, that works!
export PATH="$HOME/bin:$PATH"
The function Foo.bar() is deprecated, use Baz instead.
Our Manager asked for a Quarterly Report by Friday. Let's schedule the Sprint Review.
The Premium Wireless Headphones come with Noise Cancelling and Fast Charging.
Product: Stainless Steel Water Bottle, Color: Midnight Blue, Size: Large
Product Name: Yoga Mat, Brand: Generic, Category: Sports and Outdoors, Price: {N}
USB-C Cable, Memory Foam Pillow, Coffee Grinder, Desk Lamp, Running Shoes, Mechanical Keyboard
Galaxy Tab S9 Ultra, Surface Laptop Studio, Pixel Buds Pro, Instant Pot Duo, Kindle Paperwhite
Chicago Style Pizza, Oxford Shirt, Cambridge Satchel, Paris Blue Curtain, Boston Round Bottle
Click Settings, then Privacy and Security, then Clear History.
The Client shall notify the Supplier within Ten Business Days. The Agreement ends in December.
I use Visual Studio Code, Docker and Kubernetes on Windows.
Kafka Consumer Group rebalanced, Partition {N}. Docker Engine Starting, Redis Cluster Node Ready
Jenkins built Jackson {N}, Guava and Hibernate; Ada, Julia, Ruby, Perl, Pascal and Haskell are languages.
April, May, June, August; Monday, Tuesday and Wednesday; Q1 Revenue and Net Income
I will mark the page, chase the bill, grant the request and frank the letter.
May I ask why Will Call is closed in June? Rose wine, a jack, a penny, a sunny day.
Table 3 Shows the Results of the Experiment. See Figure 2 and Appendix A.
First Name, Last Name, Email Address, Phone Number, Date of Birth
id,name,email,created_at,status\n{N},item,{E},{D},active\n{N},widget,{E},{D},closed
| id | status | total |\n|----|--------|-------|\n| {N} | shipped | {N} |
{ "id": "{N}", "type": "invoice", "status": "Paid", "currency": "USD", "version": "{N}" }
Content-Type: application/json; Accept-Encoding: gzip; X-Request-Id: {N}
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/{N} Safari/537.36
GET /api/v1/{I}/{N} HTTP/1.1 200 {N}
kubectl get pods -n production | grep {I}
pip install numpy pandas scikit-learn matplotlib flask django
The Fourier Transform, Gaussian Blur, Bayesian Inference, Markov Chain and Newton's Method
Parkinson's disease, Alzheimer's, Crohn's, Hodgkin lymphoma, Doppler, Foley catheter, Ringer's lactate
Take Tylenol 500 mg twice a day; Lantus at bedtime; BP 120/80, HR 72, SpO2 98%.
Please Note: The Quarterly Report is due on Friday.
It rained all day, so we stayed inside and read.
Why is the sky blue? Is it the same on Mars?
She said that he would call later, and they agreed.
Version {N} of the API adds OAuth, JWT and SAML; see RFC {N}.
Total: {N} EUR, VAT included. Order #{N} shipped on {D}.
if user is None: raise ValueError("Invalid User")
<div class="card"><h2>Customer Reviews</h2><p>Great Product</p></div>
Let {I} be a Banach Space and T a bounded operator.
Good morning! Happy Birthday! Merry Christmas! Best wishes, Thank You.
""".strip().split("\n")
