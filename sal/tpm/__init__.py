"""A machine's TPM 2.0, as far as a node needs it: a secret sealed to what was started, and a signed word about it.

Spoken to directly over the kernel's resource manager: the half dozen commands are smaller than any library for them.
Source of the forms: TCG, Trusted Platform Module Library, parts 2 (structures) and 3 (commands), revision 1.59.
"""
