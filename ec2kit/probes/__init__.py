"""Each kind of evidence, one small module of one shape: many machines in, samples out.

`words` reads the `ec2kit:check` tag, `ec2` turns EC2's own checks into samples, `http` and `banner` want an
application's reply, `control` asks whether the monitor itself is well.
"""
