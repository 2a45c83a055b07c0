"""Matters of customer service in English: how they are asked for, and the letter about each."""

from __future__ import annotations

from typing import Final

from model_backend.default.catalogue import Matter


def _matter(name: str, topics: str, says: str, body: str, amount: str, date: str, closing: str) -> Matter:
    pairs = tuple((noun, tail) for noun, _, tail in (topic.partition("/") for topic in topics.split("|")))
    return Matter(name, pairs, tuple(says.split("|")), body, amount, date, closing)


MATTERS: Final = (
    _matter(
        "repayment",
        "payment reminder|reminder/about the payment|repayment reminder|reminder/that the bill is due|bill reminder"
        "|message/about the credit card bill|loan repayment reminder",
        "When is my bill due|How much do I have to pay this month|Remind me to pay my bill",
        "your bill is due soon.",
        "The amount due is {}.",
        "The due date is {}.",
        "Please ignore this message if you have already paid.",
    ),
    _matter(
        "overdue payment",
        "overdue notice|overdue reminder|notice/about the overdue payment|late payment notice|dunning letter",
        "My payment is overdue|I forgot to pay my bill",
        "your payment is overdue.",
        "The overdue amount is {}.",
        "Please pay by {}.",
        "If you cannot pay, please contact us.",
    ),
    _matter(
        "call-back",
        "call-back note|message/asking for a call back|call back request|reminder/to call us back"
        "|note/that we will call back",
        "Please call me back|Can someone call me|I am waiting for a call back",
        "we have noted your request for a call back.",
        "The amount in question is {}.",
        "We will call on {}.",
        "Please keep your phone at hand.",
    ),
    _matter(
        "lost card",
        "confirmation/that the card is blocked|lost card confirmation|card block notice|reply/about the lost card"
        "|reply/about a stolen card",
        "I lost my card|My card was stolen|Please block my card|My credit card is missing",
        "your card has been blocked.",
        "Your balance of {} is safe.",
        "The card was blocked on {}.",
        "A new card can be ordered in the app or at a branch.",
    ),
    _matter(
        "new card",
        "new card notice|message/that the new card was sent|card replacement notice",
        "Where is my new card|I need a replacement card",
        "your new card is on its way.",
        "The fee is {}.",
        "It should arrive on {}.",
        "Please activate it in the app.",
    ),
    _matter(
        "change of address",
        "address change confirmation|confirmation/of the new address|reply/about the change of address",
        "I have moved|Please change my address|I want to update my address",
        "your new address has been registered.",
        "The amount in question is {}.",
        "It is valid from {}.",
        "Future letters will go to the new address.",
    ),
    _matter(
        "change of phone number",
        "phone number change confirmation|confirmation/of the new phone number",
        "I have a new phone number|Please change my phone number",
        "your new phone number has been registered.",
        "The amount in question is {}.",
        "It is valid from {}.",
        "If this was not you, please contact us at once.",
    ),
    _matter(
        "refund",
        "refund confirmation|refund notice|message/about the refund|reply/to a refund request|refund email",
        "I want a refund|Where is my refund|Please give me my money back|I want to return my order",
        "your refund has been accepted.",
        "The refund is {}.",
        "You should receive it by {}.",
        "It goes back to the original payment method.",
    ),
    _matter(
        "late parcel",
        "apology/for a late parcel|apology/for the late delivery|apology/about the delayed order"
        "|apology/because the parcel is late|sorry note/for the delay|reply/about the delayed order"
        "|apology email|apology|message/about the late order",
        "My parcel is late|Where is my order|My order has not arrived|My package is delayed",
        "we are sorry that your parcel is late.",
        "We will refund {} for the delay.",
        "It should arrive on {}.",
        "Thank you for your patience.",
    ),
    _matter(
        "complaint",
        "reply/to a complaint|complaint reply|answer/to the complaint|complaint acknowledgement",
        "I want to complain|Your service is bad|I am not satisfied with your service",
        "we have received your complaint.",
        "The amount in question is {}.",
        "We will answer by {}.",
        "Thank you for your feedback.",
    ),
    _matter(
        "appointment",
        "appointment confirmation|appointment reminder|invitation/to a meeting|meeting invitation|meeting request",
        "I want an appointment|Can I book an appointment|I want to visit a branch",
        "your appointment is confirmed.",
        "The amount in question is {}.",
        "The date is {}.",
        "Please bring a valid ID.",
    ),
    _matter(
        "account opening",
        "welcome letter|welcome message|account opening confirmation|welcome email",
        "I want to open an account|I would like to become a customer",
        "welcome, your account is open.",
        "The opening balance is {}.",
        "It was opened on {}.",
        "Thank you for your trust.",
    ),
    _matter(
        "transfer",
        "transfer confirmation|transfer notice|message/about the transfer|payment confirmation",
        "Did my transfer arrive|I want to transfer money|I sent money",
        "your transfer has been processed.",
        "The amount is {}.",
        "The date of the transfer is {}.",
        "Please contact us if you have questions.",
    ),
    _matter(
        "loan approval",
        "loan approval letter|loan approval notice|message/that the loan is approved",
        "Is my loan approved|I want to apply for a loan",
        "your loan has been approved.",
        "The loan amount is {}.",
        "The money will be paid out on {}.",
        "Please watch for the deposit notice.",
    ),
    _matter(
        "missing documents",
        "request/for missing documents|document request|message/about missing documents",
        "Which documents are still missing|My ID has expired",
        "we still need documents for your application.",
        "The amount in question is {}.",
        "Please send them by {}.",
        "You can upload them in the app.",
    ),
    _matter(
        "instalments",
        "instalment confirmation|instalment plan notice|reply/about the instalment plan",
        "I want to pay in instalments|Can I split my bill",
        "your instalment plan is set up.",
        "The total is {}.",
        "The first payment is on {}.",
        "Fees are shown in the app.",
    ),
    _matter(
        "suspicious payment",
        "fraud warning|security alert|warning/about a suspicious payment|fraud alert",
        "I did not make this payment|Somebody used my card|I think I was scammed",
        "we noticed a suspicious payment on your account.",
        "The amount is {}.",
        "It was made on {}.",
        "Never share your code with anybody.",
    ),
    _matter(
        "credit limit",
        "credit limit notice|message/about the new credit limit|limit increase notice",
        "I want a higher limit|What is my credit limit",
        "your credit limit has been changed.",
        "The new limit is {}.",
        "It is valid from {}.",
        "Please use your card with care.",
    ),
    _matter(
        "deposit maturity",
        "deposit maturity notice|reminder/that the deposit ends|investment reminder",
        "When does my deposit end|My deposit is about to end",
        "your deposit ends soon.",
        "The amount is {}.",
        "It ends on {}.",
        "You can withdraw or renew it.",
    ),
    _matter(
        "birthday",
        "birthday greeting|birthday wishes|birthday card|birthday message",
        "It is my birthday today",
        "happy birthday!",
        "We have a gift of {} for you.",
        "It is valid until {}.",
        "Thank you for being our customer.",
    ),
    _matter(
        "thanks",
        "thank-you note|thank you letter|thank you email",
        "Thank you for solving my problem",
        "thank you for choosing us.",
        "You spent {}.",
        "The date of service was {}.",
        "We look forward to serving you again.",
    ),
    _matter(
        "password reset",
        "password reset message|reply/about the password reset|login help message",
        "I cannot log in|My account is locked|Reset my password please",
        "your password reset has been requested.",
        "The amount in question is {}.",
        "Please confirm it by {}.",
        "Never tell anybody your password.",
    ),
)
