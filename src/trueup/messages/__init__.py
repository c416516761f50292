"""The one message catalogue: every code of Trueup as a sentence, in French and English.

The folders `en` and `fr` hold the sentences, one file a subject, `help.*.toml` those of the command line's help.
`trueup.messages.sentences` fills them in and `trueup.messages.language` chooses the language. Nothing else in the
package writes sentences.
"""
