"""The privileged half: keys, verification, journal, verbs. It opens no connection outward."""
