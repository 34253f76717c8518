SELECT referrer, count(*) AS n FROM web WHERE referrer IS NOT NULL GROUP BY ALL ORDER BY n DESC, referrer LIMIT 10
