"""The engine: plans, the steps that change AWS, and what carries them out, journals and verifies them."""
