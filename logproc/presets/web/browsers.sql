-- title: Browsers, without bots
SELECT browser(user_agent) AS browser, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE NOT is_bot(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 50
