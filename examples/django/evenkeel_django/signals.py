from django.dispatch import Signal

#: A write was committed, and some databases did not take it. Arguments: taken, the names of those that did; missed, by
#: name of each that did not, why. Sent after the transaction, for each write.
write_missed = Signal()
