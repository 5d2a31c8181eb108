"""What is done besides claims: what operators ask (`desk`), and what was left over is put right (`repairs`)."""
