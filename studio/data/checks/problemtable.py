"""The words about each problem that a row can have: code, title, summary, hint; by level."""

from __future__ import annotations

Lines = tuple[tuple[str, str, str, str], ...]

STOPS: Lines = (
    (
        "not_example",
        "Not an example",
        "The row's turns are not of the right form.",
        "Write them anew, or delete the row.",
    ),
    (
        "no_answer",
        "No answer",
        "The answer is empty, so nothing of the row is trained.",
        "Write an answer, or delete the row.",
    ),
    ("no_text", "No text", "The text is empty.", "Write one, or delete the row."),
    (
        "template_failed",
        "Template refuses it",
        "The chat template refuses the row.",
        "Change the row, the system prompt or the template.",
    ),
    (
        "half_character",
        "Half characters",
        "The row has halves of characters, which no tokenizer knows.",
        "Remove them, or import the file again with its right encoding.",
    ),
    (
        "system_refused",
        "Template takes no system turn",
        "The chat template takes no system turn.",
        "Empty the system prompt, take the system turn out, or choose another template.",
    ),
    (
        "not_text",
        "Not text alone",
        "A turn has a picture, a sound or something else that is not text.",
        "Delete the row: a text model would learn an answer to what it cannot see.",
    ),
    (
        "calls_lost",
        "Calls of tools left out",
        "The chat template leaves out a call of a tool, so an empty answer is trained.",
        "Choose a template that knows tools, or take the calls out.",
    ),
    (
        "template_prefix",
        "Prompt changes with the answer",
        "With an answer, the chat template changes the prompt before it: what is trained would "
        "not be what is asked later.",
        "Choose a chat template that only adds the answer.",
    ),
    (
        "answer_cut",
        "Answer cut away",
        "The prompt alone fills the longest sequence: no token of the answer is left.",
        "Raise the longest sequence, or shorten the question.",
    ),
)

WARNINGS: Lines = (
    (
        "end_cut",
        "End of turn cut",
        "The row is longer than the longest sequence: the end of the answer is cut.",
        "Raise the longest sequence, or shorten the row. Cut answers teach not to stop.",
    ),
    (
        "text_cut",
        "Longer than the limit",
        "The row is longer than the longest sequence: what is behind it is not trained.",
        "Raise the longest sequence, or divide the text.",
    ),
    (
        "no_end",
        "End of turn not trained",
        "The chat template writes no end-of-turn token after an answer.",
        "The model will not learn where to stop. Choose a template that ends the turn.",
    ),
    (
        "unknown_role",
        "Unknown role",
        "A turn's role is none of system, user, assistant and tool.",
        "Choose one of these, so that the template and the mask know who speaks.",
    ),
    (
        "answer_first",
        "Answer without a question",
        "The conversation starts with an answer: nothing asks for it, so it is not trained.",
        "Put a question before it, or delete the turn.",
    ),
    (
        "system_lost",
        "System turn left out",
        "The chat template leaves the system turn out: the model never sees it.",
        "Choose a template that writes it, or put its words into the first question.",
    ),
    (
        "turn_lost",
        "Turn left out",
        "The chat template leaves a turn out: the model never sees it.",
        "Choose a template that writes all turns, or delete this one.",
    ),
    (
        "tools_lost",
        "Tools left out",
        "The chat template leaves the tools out: the model learns calls of what it cannot see.",
        "Choose a template that writes tools, or take them out of the row.",
    ),
    (
        "only_rejected",
        "Only a worse answer",
        "Only a worse answer is known, and answers are learned from better ones: the row is left out.",
        "Write the better answer, or leave the row for training on preferences.",
    ),
    (
        "doubled_bos",
        "Two beginnings",
        "The row starts with two beginning-of-sequence tokens.",
        "Remove one from the chat template.",
    ),
    (
        "missing_bos",
        "Beginning missing",
        "The tokenizer asks for a beginning-of-sequence token and the template writes none.",
        "Add it to the start of the chat template.",
    ),
    (
        "leak",
        "Held-out question is trained",
        "The row's question is also asked in a row that is trained on.",
        "A held-out row must be new to the model, or its score says nothing.",
    ),
    (
        "leak_near",
        "Held-out row is nearly trained",
        "The row is nearly the same as one that is trained on.",
        "A held-out row must be new to the model, or its score says too much.",
    ),
    (
        "duplicate",
        "Same row twice",
        "The row is the same as an earlier one.",
        "What stands there twice is learned twice. Delete the copies, or keep them on purpose.",
    ),
    (
        "near_duplicate",
        "Nearly the same row",
        "The row is nearly the same as an earlier one.",
        "Many copies of one row are learned by heart. Look at them, then delete or keep them.",
    ),
    (
        "answer_is_question",
        "Answer is the question",
        "The answer repeats the question and nothing else.",
        "The model would learn to echo. Write an answer, or delete the row.",
    ),
    (
        "same_answers",
        "Both answers are the same",
        "The better and the worse answer are the same, so nothing tells them apart.",
        "Change one of them, or delete the row.",
    ),
    (
        "no_question",
        "No question",
        "Nothing is asked.",
        "The model would learn to say this unasked. Write a question, or delete the row.",
    ),
    ("empty_turn", "Empty turn", "A turn says nothing.", "Write it, or take the turn out."),
    (
        "special_text",
        "Turn mark in the text",
        "The row has text that looks like a turn mark; it is trained as plain text.",
        "Remove it unless it belongs to the text.",
    ),
    (
        "model_mark",
        "Turn mark of the model in the text",
        "The row has text that is a turn mark of the model; it is trained as plain text.",
        "Remove it unless it belongs to the text.",
    ),
    (
        "mojibake",
        "Wrong encoding",
        "Characters look as if they were read with the wrong encoding.",
        "The model would learn to write them so. They can be read right again.",
    ),
    (
        "replaced",
        "Lost characters",
        "The row has marks (\ufffd) where characters were lost.",
        "They cannot be brought back here. Import the file again with its right encoding.",
    ),
    (
        "control",
        "Control characters",
        "The row has control characters, which nobody sees and the model learns.",
        "Remove them. Line ends and tabs stay.",
    ),
    (
        "secret",
        "Looks like a key",
        "The row has what looks like a key or token of a service.",
        "What is trained can be asked for. Replace it, and withdraw the key.",
    ),
    (
        "card",
        "Looks like a card number",
        "The row has what looks like the number of a payment card.",
        "What is trained can be asked for. Replace it.",
    ),
    (
        "one_pattern",
        "Many answers begin the same",
        "The answer begins like a fifth of all answers or more.",
        "The model will begin so whatever is asked. Vary the answers, or mix other data in.",
    ),
)

REMARKS: Lines = (
    (
        "email",
        "Looks like an e-mail address",
        "The row has what looks like an e-mail address.",
        "What is trained can be asked for. Replace it unless it may be known.",
    ),
    (
        "phone",
        "Looks like a phone number",
        "The row has what looks like a phone number.",
        "What is trained can be asked for. Replace it unless it may be known.",
    ),
    (
        "iban",
        "Looks like a bank account",
        "The row has what looks like the number of a bank account.",
        "What is trained can be asked for. Replace it unless it may be known.",
    ),
    (
        "answer_language",
        "Answer looks like another language",
        "The answer looks like another language than its question.",
        "Right for translations; else the model learns to change the language.",
    ),
    (
        "other_language",
        "Looks like another language",
        "The row looks like another language than most rows.",
        "Right for a dataset of several languages; else look at it.",
    ),
    (
        "outlier_long",
        "Far longer than the rest",
        "The row is far longer than the rest.",
        "Often two rows in one, or a whole page by mistake.",
    ),
    (
        "outlier_short",
        "Far shorter than the rest",
        "The row is far shorter than the rest.",
        "Often a broken line, or an answer that says nothing.",
    ),
    (
        "hidden",
        "Hidden characters",
        "The row has characters of no width, or marks that turn the direction of writing.",
        "Right in some scripts; else they are left from copying. They can be removed.",
    ),
    (
        "blank_edges",
        "Space at the ends",
        "A text begins or ends with spaces or empty lines.",
        "The model learns to write them. They can be trimmed.",
    ),
)
