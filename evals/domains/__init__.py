"""Questions from trades that the product was not built for: made-up schemas, histories and wordings, gold by SQL."""
