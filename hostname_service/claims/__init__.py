"""What is done for a claim, and in which order; and the same backwards, when a name is let go.

1. attest: the document is genuine, fresh, from the right place, and the machine is there
2. reserve: the registry gives the name, for which no two machines can be first
3. clean: the CA forgets whoever had the name before, revoked first
4. publish: DNS has the name, under the condition that nobody else owns it
5. bind: the registry says so, and from now on the machine may be told

Every step can be made again: a claim that was killed between any two of them is gone on with by the next claim of the
same machine, which it makes by itself because it has no answer yet.
"""
