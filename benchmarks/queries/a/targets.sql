SELECT target, count(*) AS requests FROM web GROUP BY target ORDER BY requests DESC LIMIT 10
